# lib.sh - what the checkpoint/restart tests share; sourced by bash scripts.
#
# A test works in its own directory W, with job directory D=$W/ck, and knows
# CKPT (the program under test). Every wait polls an observable event and has
# a limit; when one passes, fail() says which. Only processes that carry
# CLAIM_DIR=$W in their environment, or that this test started, are killed.

: "${LIMIT:=120}" # seconds, for each single wait; a machine may stand still

say() { echo "$*" >> "$W/trace"; }

# fail TEXT: reports and ends this test with 1
fail() {
	echo "$*" > "$W/reason"
	say "FAIL $*"
	exit 1
}

skip() {
	echo "$*" > "$W/reason"
	exit 77
}

# until_true WHAT COMMAND...: polls until COMMAND succeeds
until_true() {
	local what=$1 end=$((SECONDS + LIMIT))
	shift
	until "$@"; do
		((SECONDS < end)) || fail "never came: $what"
		read -rt 0.02 <> <(:) || true
	done
}

alive() { [ -d "/proc/$1" ] && ! grep -q '^State:.*[ZX] ' "/proc/$1/status" 2> /dev/null; }
gone() { ! alive "$1"; }

# real pids of the computation's processes
pids_of() {
	"$CKPT" status --json --dir "$D" 2>> "$W/trace" |
		grep -o '"real_pid": *[0-9]*' | grep -o '[0-9]*$'
}

coordinator_pid() { awk '{print $3}' "$D/coordinator" 2> /dev/null; }
# behind its keeper, which would start another one
coordinator_pids() {
	local c keeper
	c=$(coordinator_pid)
	[ -n "$c" ] || return
	keeper=$(awk '/^PPid/ {print $2}' "/proc/$c/status" 2> /dev/null)
	[ "$(cat "/proc/$keeper/comm" 2> /dev/null)" != ckpt-keeper ] || echo "$keeper"
	echo "$c"
}

# every process of ours whose environment names this test's directory; by one
# program, since there may be thousands of others
mine() {
	local p
	for p in $(grep -lszFx "CLAIM_DIR=$W" /proc/[0-9]*/environ); do
		p=${p#/proc/}
		p=${p%/environ}
		[ "$p" != $$ ] && [ "$p" != "$BASHPID" ] || continue
		alive "$p" && echo "$p"
	done
}

# launch PROGRAM...: in the background under a coordinator of its own;
# LAUNCH: options
launch() {
	say "launch $*"
	(cd "${RUN_IN:-$W}" && exec env CLAIM_DIR="$W" "$CKPT" launch --dir "$D" $LAUNCH -- "$@" \
		>> "$W/out" 2>> "$W/err") &
	FRONT=$!
}

# as_slurms_root: root of a user namespace, in a Slurm job; the signals of its
# processes are root's to the runtime
as_slurms_root() {
	unshare -r true 2> /dev/null || skip "user namespaces are not allowed"
	printf '#!/bin/sh\nexec unshare -r "%s" "$@"\n' "$CKPT" > "$W/as-root"
	chmod 755 "$W/as-root"
	CKPT=$W/as-root
	export SLURM_JOB_ID=1
}

# wait_for_file NAME: until $W/NAME is there; the front end must stay alive
wait_for_file() {
	local end=$((SECONDS + LIMIT))
	until [ -e "$W/$1" ]; do
		if gone "$FRONT"; then
			wait "$FRONT"
			local st=$?
			[ -e "$W/$1" ] && return 0
			[ $st -eq 77 ] && skip "$(grep -m1 SKIP "$W/err")"
			fail "ended with $st before '$1' was there: $(tail -n 3 "$W/err" | tr '\n' ' ')"
		fi
		((SECONDS < end)) || fail "never came: file $1"
		read -rt 0.02 <> <(:) || true
	done
}

checkpoint() {
	say "checkpoint $*"
	timeout -k 5 "$LIMIT" "$CKPT" checkpoint --wait "$@" --dir "$D" \
		>> "$W/trace" 2> "$W/ckpt.err"
	local st=$?
	cat "$W/ckpt.err" >> "$W/trace"
	[ $st -eq 0 ] || fail "checkpoint ended with $st: $(tail -n 2 "$W/ckpt.err" | tr '\n' ' ')"
}

# kill_all [LIST]: kill -9 of every process of it, its front end and coordinator
kill_all() {
	local list=${1:-$(pids_of)} c p
	[ -n "$list" ] || fail "status names no process"
	c=$(coordinator_pids | tr '\n' ' ')
	say "kill -9 $list, $c, $FRONT"
	# the front end first: it would report the end of what it started; and
	# nobody may see another's end and clean up, as no node that dies would
	kill -9 "$FRONT" 2>> "$W/trace"
	kill -STOP $c $list 2>> "$W/trace"
	list=$(printf '%s\n' $list $(mine) | sort -un)
	kill -9 $c $list 2>> "$W/trace"
	wait "$FRONT" 2> /dev/null
	for p in $list $c; do
		until_true "end of process $p" gone "$p"
	done
	until_true "the end of all" none_left
}

# what was just being made is killed, too: a writer
none_left() {
	local list
	list=$(mine)
	[ -z "$list" ] || kill -9 $list 2>> "$W/trace"
	[ -z "$list" ]
}

restart() {
	say "restart $*"
	(cd "${RUN_IN:-$W}" && exec env CLAIM_DIR="$W" "$CKPT" restart "$@" "$D" \
		>> "$W/out" 2>> "$W/err") &
	FRONT=$!
}

# restart_beside PID: one that has what the restart needs ends when it sees the
# file go, which is some time later; a restart that does not wait has ended then
restart_beside() {
	local begun=$SECONDS
	restart
	until_true "some time, or its end" eval '((SECONDS > begun + 1)) || gone $FRONT'
	touch go
	wait "$1"
}

# kill_and_restart: all of it is killed, restarted, and gives a sign of life
kill_and_restart() {
	kill_all
	restart
	ping_program
}

# checkpoints N: one after the other; the program has to live through them
checkpoints() {
	local n
	for ((n = 0; n < $1; n++)); do
		checkpoint
		alive "$FRONT" || fail "ended at checkpoint $n: $(tail -n 3 "$W/err" | tr '\n' ' ')"
	done
}

# twice_more: saved, killed and restarted, two times
twice_more() {
	local n
	for n in 1 2; do
		checkpoint
		kill_and_restart
	done
}

# refused PATTERN: a checkpoint is not taken, and says why
refused() {
	say "checkpoint, to be refused"
	timeout -k 5 "$LIMIT" "$CKPT" checkpoint --wait --dir "$D" >> trace 2> ckpt.err &&
		fail "the checkpoint was not refused"
	cat ckpt.err >> trace
	grep -Eq "$1" ckpt.err || fail "the refusal doesn't name '$1': $(tr '\n' ' ' < ckpt.err)"
}

# the number of the newest set: a checkpoint that was tried again has another
newest_set() {
	local s
	s=$(compgen -G "$D/set-*" | sort | tail -n 1)
	echo $((10#${s##*-}))
}

no_set() { ! compgen -G "$D/set-*" > /dev/null; }

# a sign of life: the program sees the file and removes it
gone_file() { [ ! -e "$W/$1" ]; }
ping_program() {
	local end=$((SECONDS + LIMIT))
	: > "$W/ping"
	while [ -e "$W/ping" ]; do
		gone "$FRONT" && fail "the front end ended early: $(tail -n 3 "$W/err" | tr '\n' ' ')"
		((SECONDS < end)) || fail "the program does not run"
		read -rt 0.02 <> <(:) || true
	done
}

# finish STATUS: asks to verify and expects the front end to end so
finish() {
	: > "$W/verify"
	local end=$((SECONDS + LIMIT)) st
	while alive "$FRONT"; do
		((SECONDS < end)) || fail "did not end after verify"
		read -rt 0.02 <> <(:) || true
	done
	wait "$FRONT"
	st=$?
	[ $st -eq "$1" ] ||
		fail "ended with $st, not $1: $(grep FAIL "$W/err" | head -n 3 | tr '\n' ' ')$(tail -n 2 "$W/err" | tr '\n' ' ')"
}

# what there is to see when a test has failed. What its processes do, which
# takes longer than to stop them, comes first: they may be many, and make more
dump() {
	local list p
	list=$(mine)
	{
		echo "--- status"
		timeout 5 "$CKPT" status --dir "$D"
	} > at-last 2>&1
	for p in $list; do
		echo "--- process $p: $(tr '\0' ' ' < "/proc/$p/cmdline")"
		grep -sHE '^(State|PPid|NSpid|SigQ|SigBlk)|^[^:]*$' "/proc/$p/task/"*/{comm,status,wchan,syscall} |
			sed "s|^/proc/$p/task/||"
	done >> at-last 2>&1
	[ -z "$list" ] || kill -STOP $list 2> /dev/null
	echo "--- trace"; tail -n 40 "$W/trace"
	echo "--- program's stderr"; tail -n 20 "$W/err"
	echo "--- $D/log"; tail -n 40 "$D/log"
	echo "--- $D/journal"; tail -n 20 "$D/journal"
	cat at-last
}

# ends what is left of this test, and what that has forked meanwhile
cleanup() {
	local turn
	for turn in 1 2 3 4 5 6 7 8; do
		set -- $(mine)
		[ $# -gt 0 ] || return 0
		kill -9 "$@" 2> /dev/null
	done
}
