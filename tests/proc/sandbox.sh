# sandbox.sh - where the checkpoint/restart tests run; sourced by runners.
#
# sandbox HERE ARGS...: makes WORK (a fresh directory) with a copy of the
# built tree and of the tests in it, so that a rebuild does not disturb a
# run; as root, it starts the runner again as a temporary user and removes
# that user when it has ended. Sets ROOM, CKPT, WORK.
# run_list: runs "$WORK/list" (lines "NAME MODE"), JOBS at a time.

sandbox() {
	local here=$1
	shift
	if [ -n "$CK_TEST_WORK" ]; then
		WORK=$CK_TEST_WORK
		ROOM=$WORK/room
		CKPT=$WORK/tree/bin/ckpt
		export WORK ROOM CKPT LIMIT VERBOSE KEEP HOME=$WORK
		unset CKPT_DIR CKPT_TREE CKPT_STDIO CKPT_COORDINATOR
		return
	fi
	local build=${BUILD:-build} work st user= fd
	# what this was started with beside 0, 1, 2 is not the tests' matter
	for fd in /proc/self/fd/*; do
		fd=${fd##*/}
		[ "$fd" -le 2 ] || [ "$fd" -eq 255 ] || eval "exec $fd>&-"
	done
	work=$(mktemp -d "${TMPDIR:-/tmp}/ckpt-test.XXXXXX") || exit 1
	mkdir "$work/room"
	chmod 0755 "$work" "$work/room"
	cp -rp "$build/tree" "$work/tree" || exit 1
	cp -p "$here"/../proc/lib.sh "$here"/../proc/run-one "$here"/*.sh "$here"/*.py \
		"$build/t/proc"/* "$build/t/$SUITE"/* "$work/room" 2> /dev/null
	[ "$(id -u)" -eq 0 ] && user=ckpttest$$
	trap 'sandbox_end "$work" "$user"' EXIT
	trap 'exit 130' HUP INT TERM
	if [ -n "$user" ] && [ -z "$AS_ROOT" ]; then
		until useradd -M -N -d "$work" -s /bin/sh "$user" 2> "$work/useradd"; do
			grep -q lock "$work/useradd" || { cat "$work/useradd"; exit 1; }
		done
		chown -R "$user" "$work"
		CK_TEST_WORK=$work setpriv --reuid "$user" --regid "$(id -g "$user")" \
			--clear-groups "$0" "$@"
	else
		CK_TEST_WORK=$work "$0" "$@"
	fi
	st=$?
	[ $st -eq 0 ] || KEEP=1
	exit $st
}

# remove_ipc USER: what tests that were killed have left of System V's kinds,
# and in /dev/shm
remove_ipc() {
	local uid at
	uid=$(id -u "$1" 2> /dev/null) || return
	find /dev/shm -maxdepth 1 -user "$uid" -delete 2> /dev/null
	for at in shm:8:m msg:8:q sem:5:s; do
		awk -v uid="$uid" -v at="${at:4:1}" '$at == uid { print $2 }' \
			"/proc/sysvipc/${at%%:*}" | xargs -r -n 1 ipcrm "-${at: -1}"
	done
}

sandbox_end() {
	# what has lost its way: it has the user, and nobody else has
	[ -z "$2" ] || pkill -KILL -u "$2" 2> /dev/null
	[ -z "$2" ] || remove_ipc "$2"
	[ -z "$2" ] || userdel "$2" 2> /dev/null
	if [ -n "$KEEP" ]; then
		[ -z "$2" ] || chown -R root "$1"
		echo "kept: $1" >&2
	else
		rm -rf "$1"
	fi
}

run_list() {
	local ok bad skipped all
	: > "$WORK/results"
	all=$(wc -l < "$WORK/list")
	xargs -a "$WORK/list" -P "${JOBS:-4}" -L 1 "$ROOM/run-one" < /dev/null
	if [ ! -e "$WORK/results" ]; then
		echo "0 passed, $all failed, 0 skipped: somebody has removed $WORK"
		return 1
	fi
	ok=$(grep -c '^0 ' "$WORK/results")
	skipped=$(grep -c '^77 ' "$WORK/results")
	bad=$((all - ok - skipped))
	if [ "$bad" -ne 0 ]; then
		for f in "$WORK"/*/report; do [ -e "$f" ] && head -c "${REPORT:-3000}" "$f" && echo; done
	fi
	echo "$ok passed, $bad failed, $skipped skipped"
	[ "$bad" -eq 0 ]
}
