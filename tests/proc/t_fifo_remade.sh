# Claim: a named pipe that was removed after the checkpoint is made again.
launch "$ROOM/p_fifo_idle"
wait_for_file ready
checkpoint
kill_all
rm idle
restart
ping_program
[ -p idle ] || fail "it was not made again"
finish 0
