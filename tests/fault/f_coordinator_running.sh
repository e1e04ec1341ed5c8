# Claim: the coordinator is killed, twice, while nothing happens: another one
# takes its place each time, for the same processes, and the set of the last one
# restarts. Where its keeper is killed, too, the program goes on to its end.
. "$ROOM/fault.sh"
members() { "$CKPT" status --json --live --dir "$D" 2> /dev/null | grep real_pid | sort; }
other_than() { [ "$(coordinator_pid)" != "$1" ] && [ "$(members)" = "$before" ]; }
begin
before=$(members)
for n in 1 2; do
	c=$(coordinator_pid)
	kill -9 "$c"
	until_true "another coordinator for the same processes" other_than "$c"
done
taken_over
# shellcheck disable=SC2046
kill -9 $(coordinator_pids)
ping_program
timeout 30 "$CKPT" checkpoint --wait --dir "$D" >> trace 2> ckpt.err &&
	fail "a checkpoint without coordinator succeeded"
[ $? -ne 124 ] || fail "hangs"
[ -s ckpt.err ] || fail "no reason"
ping_program
restartable
