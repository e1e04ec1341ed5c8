# Claim: a thread that waits for a signal is not woken, while checkpoints come
# one after the other, by a signal that the program ignores.
launch "$ROOM/h_sigwait"
wait_for_file ready
for ((n = 0; n < 60; n++)); do
	checkpoint
	alive "$FRONT" || fail "ended at checkpoint $n: $(grep FAIL err)"
done
finish 0
