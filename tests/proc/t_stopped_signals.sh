# Claim: what is sent to a process that is stopped waits there until it goes
# on, whenever it came: before the first checkpoint, between two of one life,
# after a restart; each signal once, with its sender.
send() {
	: > send
	until_true "the signal" [ ! -e send ]
}
launch "$ROOM/h_stopped_signals"
wait_for_file ready
for life in 1 2 3; do
	checkpoint
	send
	send
	checkpoint
	kill_and_restart
	send
	send
done
checkpoint
finish 0
