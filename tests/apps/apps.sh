# apps.sh - what the application tests share; sourced after lib.sh.
#
# compare COMMAND...: runs the command in $W/ref without a checkpoint, and in
# $W/run under control, where it is checkpointed and killed five times, at any
# moment, and restarted. Both runs start with the files of $W/input. Output and
# files have to be the same, byte for byte, but for the directory progress.
# Some kills come in the middle of a checkpoint. With HELD=1 it is held from the
# checkpoint until it is killed, as a job is that is requeued: for programs
# that remove files which they need again, or change them in place.
# The moments come from a number, APPS_SEED; a failure names it.

KILLS=5
SEED=${APPS_SEED:-$((SRANDOM % 1000000))}

eval "plain_$(declare -f fail)"
fail() { plain_fail "$* (APPS_SEED=$SEED)"; }

pause() { # at most that many ms
	local ms=$((RANDOM % ($1 + 1)))
	read -rt "$((ms / 1000)).$(printf %03d $((ms % 1000)))" <> <(:) || true
}

# has it ended by itself? Else what was tried has failed.
must_have_ended() {
	local end=$((SECONDS + 5))
	while alive "$FRONT"; do
		((SECONDS < end)) || fail "$*"
		read -rt 0.02 <> <(:) || true
	done
	return 1
}

some_process() { [ -n "$(pids_of)" ]; }
# not by what restart says: that goes back with what else is in err
lives() { grep -c ' is back: ' "$D/log"; }

# begin_life N: the N-th restart. 1: it has ended already
begin_life() {
	local end=$((SECONDS + LIMIT))
	restart
	until [ "$(lives)" -ge "$1" ]; do
		gone "$FRONT" && [ "$(lives)" -lt "$1" ] &&
			fail "restart $1 failed: $(tail -n 2 err | tr '\n' ' ')"
		((SECONDS < end)) || fail "restart $1 never came"
		read -rt 0.02 <> <(:) || true
	done
	alive "$FRONT"
}

# interrupt N MS: somewhere in the N-th part of a run of MS. 1: it has ended
interrupt() {
	local list
	pause $(($2 / 6))
	if [ -n "${HELD-}" ]; then
		"$CKPT" checkpoint --kill --wait --dir "$D" >> trace 2>&1 ||
			must_have_ended "the checkpoint failed: $(tail -n 1 trace)" || return
		wait "$FRONT" 2> /dev/null
	else
		if [ "$1" -gt 1 ] && ((RANDOM % 2)); then
			say "checkpoint, and soon the end"
			"$CKPT" checkpoint --dir "$D" >> trace 2>&1
			pause 60
		else
			"$CKPT" checkpoint --wait --dir "$D" >> trace 2>&1 ||
				must_have_ended "the checkpoint failed: $(tail -n 1 trace)" || return
			pause $(($2 / 10))
		fi
		list=$(pids_of)
		[ -n "$list" ] || must_have_ended "status names no process" || return
		kill_all "$list"
	fi
	rm -rf run/progress
	mkdir run/progress
}

compare() {
	local begin ms n
	RANDOM=$SEED
	say "APPS_SEED=$SEED"
	mkdir -p input ref run
	cp -rp input/. ref; cp -rp input/. run
	mkdir -p ref/progress run/progress
	begin=${EPOCHREALTIME/[.,]/}
	(cd ref && exec env CLAIM_DIR="$W" "$@" > ../ref.out 2> ../ref.err < /dev/null) ||
		fail "the application does not work here: $(tail -n 3 ref.err)"
	ms=$(((${EPOCHREALTIME/[.,]/} - begin) / 1000))
	RUN_IN=$W/run
	launch "$@"
	until_true "the first process" some_process
	for ((n = 1; n <= KILLS; n++)); do
		interrupt $n $ms && begin_life $n || break
	done
	say "it was killed $((n - 1)) times in $ms ms"
	[ $n -gt 1 ] || fail "ended before it was killed"
	local end=$((SECONDS + 3 * LIMIT))
	while alive "$FRONT"; do
		((SECONDS < end)) || fail "did not end"
		read -rt 0.05 <> <(:) || true
	done
	wait "$FRONT" || fail "ended with $?: $(tail -n 3 err | tr '\n' ' ')"
	cmp ref.out out >> trace 2>&1 || fail "the output differs: $(cmp ref.out out 2>&1)"
	diff -rx progress ref run >> trace 2>&1 ||
		fail "files differ: $(diff -rqx progress ref run | tr '\n' ' ')"
	rm -rf "$D"
}

# at_terminal SCENARIO: of terminal.py, which says what is done
at_terminal() {
	env CKPT="$CKPT" D="$D" CLAIM_DIR="$W" TERM=xterm \
		python3 "$ROOM/terminal.py" "$1" < /dev/null >> trace 2> scenario.err
	local st=$?
	cat scenario.err >> trace
	[ $st -eq 77 ] && skip "$1 is not here"
	[ $st -eq 0 ] || fail "$(tail -n 1 scenario.err)"
	rm -rf "$D"
}
