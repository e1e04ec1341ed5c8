# fault.sh - what the fault tests share; sourced after lib.sh.
#
# Each starts w_work with one committed set, does something bad, and then
# says what has to hold. Faults at a state are made with `at`, which holds
# the coordinator at the instant it has journalled the transition.

# begin: the program runs and its set 1 is committed
begin() {
	launch "$ROOM/w_work"
	wait_for_file ready
	checkpoint
}

# in the background: COMMAND when the coordinator enters STATE
at_state() {
	local state=$1
	shift
	rm -f armed
	"$ROOM/at" "$(coordinator_pid)" "to=$state" "$@" >> trace 2>&1 &
	AT=$!
	until_true "the tracer" test -e armed -o ! -d /proc/$AT
	[ -e armed ] || skip "tracing is not allowed here"
}

# the command of at_state has run
at_done() {
	wait "$AT" || fail "the fault never came"
}

# slay TEXT: in the background, kills the next process that matches
slay() {
	rm -f armed
	"$ROOM/slay" "$1" "$W" >> trace 2>&1 &
	SLAY=$!
	until_true "slay" test -e armed
}

# a checkpoint that has to fail; its message goes to ckpt.err
failing_checkpoint() {
	say "checkpoint, to fail"
	timeout -k 5 "$LIMIT" "$CKPT" checkpoint --wait "$@" --dir "$D" \
		>> trace 2> ckpt.err
	local st=$?
	cat ckpt.err >> trace
	[ $st -ne 124 ] && [ $st -ne 137 ] || fail "the failing checkpoint hangs"
	[ $st -ne 0 ] || fail "a checkpoint that was hit succeeded"
	[ -s ckpt.err ] || fail "the failure has no reason"
}

# slay_until_failed TEXT: checkpoints whose TEXT is killed, until one was hit
# before it had done its work (a kill can come a moment too late, or never).
# The coordinator tries again by itself, so the command may well succeed.
slay_until_failed() {
	local st try before
	for try in 1 2 3 4 5 6 7 8 9 10; do
		before=$(failures)
		slay "$1"
		say "checkpoint, to be hit ($try)"
		timeout -k 5 "$LIMIT" "$CKPT" checkpoint --wait --dir "$D" \
			>> trace 2> ckpt.err
		st=$?
		cat ckpt.err >> trace
		[ $st -ne 124 ] && [ $st -ne 137 ] || fail "the checkpoint hangs"
		[ $st -eq 0 ] || [ -s ckpt.err ] || fail "the failure has no reason"
		kill "$SLAY" 2> /dev/null
		wait "$SLAY"
		[ "$(failures)" -eq "$before" ] || return 0
	done
	fail "ten checkpoints were not harmed by the loss of their $1"
}
failures() { grep -c "checkpoint [0-9]* failed: " "$D/log"; }

# is_whole SETS: every byte; the programs may run on without a coordinator,
# which is in the way of a restart
is_whole() {
	"$CKPT" verify --deep "$1" > verified 2>&1
	cat verified >> trace
	grep -q " is whole: " verified && ! grep -Eq " BAD |is damaged" verified
}

# no part of a failed set is left, and all that are committed verify
sets_whole() {
	until_true "removal of the failed set" only_committed
	is_whole "$D" || fail "a set does not verify"
}

committed() { ls "$D"/set-*/MANIFEST 2> /dev/null | wc -l; }

# no part of a failed set is left, and set N still verifies
older_set_whole() {
	until_true "removal of the failed set" only_committed
	is_whole "$D/set-00000$1" ||
		fail "set $1 does not verify any more"
}
only_committed() { [ "$(ls -d "$D"/set-* | wc -l)" -eq "$(committed)" ]; }

# everything that is left of the computation, with or without a coordinator
kill_rest() {
	local p list
	list=$(mine)
	say "kill -9 $list"
	kill -STOP $list 2>> trace # the keeper, too, before it sees an end
	kill -9 $list 2>> trace
	for p in $list; do until_true "end of $p" gone "$p"; done
	wait "$FRONT" 2> /dev/null
}

# the older set restarts, runs on and finishes right
restartable() {
	kill_rest
	restart "$@"
	ping_program
	finish 0
}

# f_at VICTIM STATE: see the scripts
kill_coordinator_at() {
	begin
	at_state "$1" kill -9 "$(coordinator_pid)"
	timeout -k 5 "$LIMIT" "$CKPT" checkpoint --wait --dir "$D" \
		>> trace 2> ckpt.err
	local st=$?
	cat ckpt.err >> trace
	at_done
	[ $st -ne 124 ] || fail "checkpoint --wait hangs"
	[ $st -ne 0 ] || fail "checkpoint --wait says committed"
	grep -q . ckpt.err || fail "checkpoint --wait gives no reason"
	taken_over
	is_whole "$D/set-000001" ||
		fail "set 1 does not verify any more"
	restartable --set 1
}

# taken_over: the program goes on and is saved by another coordinator,
# whose set restarts, too
taken_over() {
	ping_program
	until_true "another coordinator" "$CKPT" status --live --dir "$D" > /dev/null 2>&1
	checkpoint
	kill_rest
	restart
	ping_program
}

# kill_process_at STATE: the child dies in the middle of a checkpoint
kill_process_at() {
	begin
	local child
	child=$(pids_of | tail -n 1)
	[ -n "$child" ] || fail "no child"
	at_state "$1" kill -9 "$child"
	timeout -k 5 "$LIMIT" "$CKPT" checkpoint --wait --dir "$D" \
		>> trace 2> ckpt.err
	local st=$?
	cat ckpt.err >> trace
	at_done
	[ $st -ne 124 ] || fail "checkpoint --wait hangs"
	is_whole "$D/set-000001" ||
		fail "set 1 does not verify any more"
	# whichever sets are there: the one taken without the child is no harm
	restartable --set 1
}
