# storm.sh - one storm: the torture program of one seed, hit at random.
#
# Its name is storm-SEED-N.sh; the seed decides what the program holds and
# what is done to it, in which order. When exactly things happen it can't
# decide: a seed that failed is run again several times (TIMES).
# Environment: STORM seconds (20), ONLY and WITHOUT modules, ROOM, CKPT, W, D.
#
# What it can find: WRONG (the program saw a fault), RESTART (a committed set
# does not come back), REFUSED (for a reason that refusals.list does not
# have, or again and again),
# HANG, LEFT (a process that should be gone), BROKE (ckpt itself).

SEED=${NAME#storm-}
SEED=${SEED%%-*}
RANDOM=$SEED
GOOD=0 row=0 taken=0 lives=1 hits=0 slowest=0 BACKGROUND=
declare -A refusals

# tried_again: what made rounds fail that nobody was told of, and how often
tried_again() {
	sed -n 's/.* failed set=[0-9]* retry=[12] reason=//p' "$D/journal" |
		sed 's/[0-9][0-9]*/N/g' | cut -c 1-200 | sort | uniq -c
}

draw() { R=$((RANDOM % $1)); }
bad() { fail "$1 (seed $SEED): $2; again: make torture SEED=$SEED TIMES=5${ONLY:+ ONLY=$ONLY}${WITHOUT:+ WITHOUT=$WITHOUT}"; }
strike() { "$ROOM/strike" "$W" "$@"; }
pause() { # up to N ms
	draw "$1"
	read -rt "$(printf '0.%03d' "$R")" <> <(:) || true
}

unharmed() { [ ! -s fault ] || bad WRONG "$(head -n 3 fault | tr '\n' ' ')"; }

# With a program in the background the front end has ended, until a restart.
ended() {
	gone "$FRONT" || return 1
	[ -z "$BACKGROUND" ] || ((lives > 1)) || ! strike list | grep -q ' p '
}

# running [WHAT]: every part of the program moves on
running() {
	local end=$((SECONDS + LIMIT)) st
	: > ping
	while [ -e ping ]; do
		if ended; then
			unharmed
			wait "$FRONT"
			st=$?
			[ $st -ne 99 ] || bad WRONG "status 99 without a text"
			bad "${1:-BROKE}" "ended with $st: $(tail -n 3 err | tr '\n' ' ')"
		fi
		((SECONDS < end)) || bad HANG "$(head -n 5 stuck 2> /dev/null | tr '\n' ' ')"
		read -rt 0.02 <> <(:) || true
	done
	unharmed
}

no_one_left() {
	local end=$((SECONDS + 10))
	while strike list > left; do
		((SECONDS < end)) || bad LEFT "after $1: $(tr '\n' ' ' < left)"
		read -rt 0.02 <> <(:) || true
	done
	wait "$FRONT" 2> /dev/null
}

# kill_everything [harmed]: what is seen before the first of them dies counts.
# Afterwards some may still look: the kernel lets a group go on (SIGHUP and
# SIGCONT) whose last tie to the session was a parent that has just died.
kill_everything() {
	say "kill everything"
	strike stop || say "not all stand"
	[ -n "$1" ] || unharmed
	strike all > left || bad LEFT "not even SIGKILL: $(tr '\n' ' ' < left)"
	wait "$FRONT" 2> /dev/null
	rm -f fault
}

again() { # OPTIONS of restart
	rm -f fault stuck ping
	lives=$((lives + 1))
	restart "$@"
	running RESTART
}

committed_set() {
	local s
	s=$(compgen -G "$D/set-*/MANIFEST" | sort | tail -n 1)
	s=${s%/MANIFEST}
	echo $((10#${s##*-}))
}

answers() { timeout -k 5 "$LIMIT" "$CKPT" status --dir "$D" > /dev/null 2>> trace; }

# outcome STATUS: of a checkpoint that nothing was done to
outcome() {
	local why
	cat ckpt.err >> trace
	case $1 in
	0) GOOD=$(committed_set) taken=$((taken + 1)) row=0 REFUSED= ;;
	124 | 137) bad HANG "checkpoint --wait does not end" ;;
	*)
		unharmed
		# a machine that stands still for long; it must be there, though
		if grep -qE 'closed the connection|no coordinator answers' ckpt.err; then
			until_true "an answer of the coordinator" answers
			REFUSED=slow
			return
		fi
		why=$(grep -oEf "$ROOM/refusals.list" ckpt.err | head -n 1 | sed "s/[0-9a-f]*[0-9][0-9a-f]*/N/g")
		[ -n "$why" ] || bad REFUSED "$(tail -n 2 ckpt.err | tr '\n' ' ')"
		refusals[$why]=$((${refusals[$why]:-0} + 1))
		row=$((row + 1))
		((row < 6)) || bad REFUSED "$row times in a row: $(tail -n 2 ckpt.err | tr '\n' ' ')"
		REFUSED=$why
		read -rt 0.2 <> <(:) || true # what it has is held for a moment
		;;
	esac
}
take() {
	local begun=$SECONDS st
	say "checkpoint $*"
	timeout -k 5 "$LIMIT" "$CKPT" checkpoint --wait "$@" --dir "$D" >> trace 2> ckpt.err
	st=$?
	((SECONDS - begun <= slowest)) || slowest=$((SECONDS - begun))
	outcome $st
}
take_behind() {
	say "checkpoint, in the background"
	timeout -k 5 "$LIMIT" "$CKPT" checkpoint --wait --dir "$D" >> trace 2> ckpt.err &
	TAKER=$!
}

# Somebody dies in the middle of a checkpoint; what was committed holds.
hit_checkpoint() {
	local kinds=(writer capture coordinator front everything)
	local victim
	draw 5
	victim=${kinds[R]}
	take_behind
	pause 150
	hits=$((hits + 1))
	if [ "$victim" = everything ]; then
		kill_everything
		wait $TAKER
		again
		GOOD=$(committed_set)
		return
	fi
	draw 100
	say "strike $victim: $(strike "$victim" $R)"
	wait $TAKER
	[ $? -ne 124 ] || bad HANG "checkpoint --wait does not end without its $victim"
	cat ckpt.err >> trace
	case $victim in
	coordinator) # another one takes its place
		running
		until_true "an answer of the coordinator" answers
		GOOD=$(committed_set)
		;;
	front) # it goes on, for this life
		pause 100
		kill_everything
		again
		GOOD=$(committed_set)
		;;
	*)
		running
		GOOD=$(committed_set)
		;;
	esac
}

# Sets that have somebody in them who was killed say so after a restart: right
# of them, and no news.
drop_newer() {
	local s
	for s in "$D"/set-*; do
		[ $((10#${s##*-})) -le "$GOOD" ] || rm -rf "$s"
	done
}

# A process of the program dies: what the others say then does not count.
hit_program() {
	local at=no
	draw 3
	if ((R == 0)); then
		at=checkpoint
		take_behind
		pause 60
	fi
	draw 1000
	say "strike program: $(strike program $R)"
	hits=$((hits + 1))
	pause 60
	kill_everything harmed
	[ $at = no ] || wait $TAKER
	drop_newer
	again
}

hit_restart() {
	say "restart, to be hit"
	restart
	pause 200
	hits=$((hits + 1))
	kill_everything
	again
}

act() {
	draw 16
	case $R in
	[0-4]) take ;;
	[5-7])
		kill_everything
		draw 4
		if ((R)); then again; else hit_restart; fi
		;;
	8)
		take --kill
		[ -z "$REFUSED" ] || return
		no_one_left "checkpoint --kill"
		unharmed
		again
		;;
	9)
		unharmed
		"$CKPT" kill --dir "$D" >> trace 2>&1 || bad BROKE "ckpt kill failed"
		no_one_left "ckpt kill"
		again --set "$GOOD"
		;;
	1[01]) hit_program ;;
	1[2-4]) hit_checkpoint ;;
	15) take; take; take ;;
	esac
}

cp -p "$ROOM/torture" torture
began=$SECONDS
draw 5
((R)) || BACKGROUND=--background
# enough that the newest set before a program was hit is still there
LAUNCH="--keep 6" launch "$W/torture" "$SEED" "$W" ${ONLY:+--only "$ONLY"} ${WITHOUT:+--without "$WITHOUT"} $BACKGROUND
[ -n "$BACKGROUND" ] || wait_for_file ready
until_true "a program that is ready" test -e ready
ready=$((SECONDS - began))
end=$((SECONDS + ${STORM:-20}))
first=$((SECONDS + LIMIT))
while [ "$GOOD" -eq 0 ]; do
	((SECONDS < first)) || bad REFUSED "no checkpoint at all"
	take
done
while ((SECONDS < end)); do
	pause 500
	act
	running
done
kill_everything
for why in "${!refusals[@]}"; do echo "     seed $SEED: ${refusals[$why]} refused: $why"; done
tried_again | sed "s/^/     seed $SEED: tried again:/"
echo "     seed $SEED: $taken checkpoints, the slowest $slowest s, $lives lives, $hits hit in the middle, ready after $ready s"
