# Claim: the coordinator is killed while nothing happens: the program goes on
# to its end, and the set restarts.
. "$ROOM/fault.sh"
begin
kill -9 "$(coordinator_pid)"
ping_program
timeout 30 "$CKPT" checkpoint --wait --dir "$D" >> trace 2> ckpt.err &&
	fail "a checkpoint without coordinator succeeded"
[ $? -ne 124 ] || fail "hangs"
[ -s ckpt.err ] || fail "no reason"
ping_program
restartable
