# Claim: who is still writing an image when program and coordinator have been
# killed ends by itself as soon as it runs again, and is not in the way of a
# restart while it does not.
# of 64 MiB that can't be made smaller
half_done() {
	local image
	image=$(compgen -G "$D/set-*/proc.*.img" | sort | tail -n 1)
	(($(stat -c %s "${image:-/dev/null}" 2> /dev/null || echo 0) < 32 << 20))
}
# everything is killed while the writer is stopped
leave_writer() {
	local list c
	list=$(pids_of)
	c=$(coordinator_pids)
	rm -f caught
	until [ -e caught ]; do
		"$CKPT" checkpoint --wait --dir "$D" >> trace 2>&1
	done &
	# shellcheck disable=SC2086
	while :; do
		WRITER=$("$ROOM/h_writer" $list) || fail "no writer"
		half_done && break
		kill -CONT "$WRITER" # too late: it has written nearly all
		until_true "end of the writer" gone "$WRITER"
	done
	: > caught
	# shellcheck disable=SC2086
	kill -9 "$FRONT" $list $c 2>> trace
	wait
	for p in $list $c; do
		until_true "end of process $p" gone "$p"
	done
	alive "$WRITER" || fail "the writer had ended already"
}
launch "$ROOM/h_large" 64
wait_for_file ready
checkpoint
leave_writer
restart
ping_program
gone "$WRITER" || fail "the writer is still there"
checkpoint # which removes what that one has left
leave_writer
read -rt 0.5 <> <(:) # it looks every 0.2 s, and has written all soon
kill -CONT "$WRITER"
until_true "end of the writer" gone "$WRITER"
for s in "$D"/set-*; do
	[ -e "$s/MANIFEST" ] || ! compgen -G "$s/proc.*.img" > /dev/null ||
		fail "$s was written for nobody"
done
restart
ping_program
finish 0
