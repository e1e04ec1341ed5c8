# Claim: a checkpoint that is given up while the messages of a queue are out of
# it, to be looked at, lets the program go on when they are back, whether it was
# the capture that was killed or the coordinator.
failed() { grep -q "failed set" "$D/journal"; }
not_running() { # while what has the messages in its hands stands still
	local n
	: > ping
	for n in 1 2 3 4 5 6 7 8 9 10; do
		[ -e ping ] || fail "$how: the program runs while its messages are out"
		read -rt 0.05 <> <(:) || true
	done
	rm ping
}
for how in capture coordinator; do
	rm -rf "$D" ready verify ping caught
	launch "$ROOM/h_mq_order"
	wait_for_file ready
	pid=$(pids_of)
	c=$(coordinator_pid)
	until [ -e caught ]; do
		timeout "$LIMIT" "$CKPT" checkpoint --wait --dir "$D" >> trace 2>&1
	done &
	read -r guard capture <<< "$("$ROOM/h_guard" "$pid")"
	[ -n "$capture" ] || fail "who looks was not caught"
	: > caught
	if [ $how = capture ]; then
		kill -9 "$capture"
		until_true "the failure" failed
	else
		kill -9 "$c"
		until_true "its end" gone "$c"
	fi
	not_running
	kill -CONT "$guard"
	ping_program
	finish 0
done
