# Claim: a thread that waits for a signal is not woken, while checkpoints come
# one after the other, by a signal that the program ignores.
launch "$ROOM/h_sigwait"
wait_for_file ready
checkpoints 60
finish 0
