# Claim: a child that a signal stops just when a checkpoint begins does not
# make it fail, and goes on when it is let go.
launch "$ROOM/h_busy"
wait_for_file ready
for ((n = 0; n < 100; n++)); do
	ping_program
	kill -STOP "$(< pid)"
	checkpoint
	kill -CONT "$(< pid)"
done
ping_program
finish 0
