# apps.sh - what the application tests share; sourced after lib.sh.
#
# compare COMMAND...: runs the command in $W/ref without a checkpoint, and in
# $W/run under control, where it is checkpointed, killed after it has gone
# on for a while, and restarted, twice. Both runs start with the files of
# $W/input. Output and files have to be the same, byte for byte.
# The application makes the directories progress/1 ... progress/4 as it gets
# on: the first two checkpoints come after 1 and 3, the kills after 2 and 4.
# With HELD=1 it is held from the checkpoint until it is killed, as a job is
# that is requeued: for programs that remove files which they need again.

step_there() { [ -e "$W/run/progress/$1" ]; }

wait_step() {
	local end=$((SECONDS + LIMIT))
	until step_there "$1"; do
		alive "$FRONT" || fail "ended before step $1: $(tail -n 3 err | tr '\n' ' ')"
		((SECONDS < end)) || fail "step $1 never came"
		read -rt 0.01 <> <(:) || true
	done
}

compare() {
	mkdir -p input ref run
	cp -rp input/. ref; cp -rp input/. run
	mkdir -p ref/progress run/progress
	(cd ref && exec env CLAIM_DIR="$W" "$@" > ../ref.out 2> ../ref.err < /dev/null) ||
		fail "the application does not work here: $(tail -n 3 ref.err)"
	RUN_IN=$W/run
	launch "$@"
	for i in 1 3; do
		wait_step $i
		if [ -n "${HELD-}" ]; then
			checkpoint --kill
			wait "$FRONT" 2> /dev/null
		else
			checkpoint
			alive "$FRONT" || fail "ended before it was killed"
			wait_step $((i + 1))
			kill_all
			rmdir "run/progress/$((i + 1))" 2>> trace
		fi
		restart
	done
	local end=$((SECONDS + 3 * LIMIT))
	while alive "$FRONT"; do
		((SECONDS < end)) || fail "did not end"
		read -rt 0.05 <> <(:) || true
	done
	wait "$FRONT" || fail "ended with $?: $(tail -n 3 err | tr '\n' ' ')"
	cmp ref.out out >> trace 2>&1 || fail "the output differs: $(cmp ref.out out 2>&1)"
	diff -r ref run >> trace 2>&1 || fail "files differ: $(diff -rq ref run | tr '\n' ' ')"
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
