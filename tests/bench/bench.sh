#!/bin/bash
# bench.sh - measures ckpt on this machine, in one go, against something that
# does the same without it. Nothing here passes or fails: figures with their
# conditions go to docs/performance.md by hand.
#
# usage: BUILD=build tests/bench/bench.sh [MB] [PROCESSES]
set -u
build=$(cd "${BUILD:-build}" && pwd) || exit 2
mb=${1:-1024}
procs=${2:-500}
PATH=$build/tree/bin:$PATH
export PATH
work=$(mktemp -d "${TMPDIR:-/tmp}/ckpt-bench.XXXXXX") || exit 1
export HOME=$work
D=$work/D
cleanup() {
	ckpt kill "$D" > /dev/null 2>&1
	rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 1' HUP INT TERM
cd "$work" || exit 1

now() { date +%s.%N; }
# since T0: seconds
since() { awk -v a="$1" -v b="$(now)" 'BEGIN { printf "%.3f", b - a }'; }
ratio() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.2f", (b > 0) ? a / b : 0 }'; }
field() { ckpt list --quick --json "$D" | jq -r ".sets[-1].$1"; }
wait_for() {
	local end=$((SECONDS + 120))
	until "$@"; do
		((SECONDS < end)) || { echo "bench: $* never came" >&2; exit 1; }
		read -rt 0.01 <> <(:) || true
	done
}
all_there() {
	[ "$(ckpt status --json "$D" 2> /dev/null | jq '.processes | length')" \
		-gt "$procs" ]
}

# measure NAME: the computation in D is checkpointed, ended and restarted
measure() {
	local t restarted
	sync
	ckpt checkpoint --wait --dir "$D" > /dev/null || exit 1
	ckpt checkpoint --wait --kill --dir "$D" > /dev/null || exit 1
	local total stall bytes
	total=$(field seconds)
	stall=$(field stall_seconds)
	bytes=$(field bytes)
	t=$(now)
	dd if=/dev/zero of=plain bs=1M count=$((bytes / 1048576 + 1)) \
		conv=fdatasync status=none
	local plain
	plain=$(since "$t")
	rm -f plain
	t=$(now)
	ckpt restart --detach "$D" > /dev/null || exit 1
	restarted=$(since "$t")
	echo "$1: image set $((bytes / 1048576)) MiB; to the commit ${total} s" \
		"($(ratio "$total" "$plain") of dd writing as much); stands still" \
		"${stall} s; back after ${restarted} s" \
		"($(ratio "$restarted" "$total") of the checkpoint)"
	ckpt kill "$D" > /dev/null
	wait_for removed
}
best() { # COMMAND...: seconds, the best of five
	local t
	for _ in 1 2 3 4 5; do
		t=$(now)
		"$@" > /dev/null || exit 1
		since "$t"
		echo
	done | sort -n | head -n 1
}
# program NAME COMMAND...: bare, and as a part of the computation in D
program() {
	local name=$1 bare with
	shift
	bare=$(best "$@")
	with=$(best ckpt launch --close-fds --dir "$D" -- "$@")
	[ -n "$bare" ] && [ -n "$with" ] || exit 1
	echo "$name: $bare s bare, $with s with ckpt, ratio $(ratio "$with" "$bare")"
}
removed() { rm -rf "$D" 2> /dev/null; }

echo "$(nproc) cores, Linux $(uname -r), file system $(stat -f -c %T "$work")"
echo "-- calls: ratio to the same program without the runtime"
ckpt launch --close-fds --detach --dir "$D" -- sleep 10000 > /dev/null
# what is opened for writing is noted from the first checkpoint on
ckpt checkpoint --wait --dir "$D" > /dev/null
CKPT_DIR=$D "$build/t/bench/calls" "$build/tree/lib/ckpt/libckpt.so"
echo "-- programs: ratio to the same program without the runtime"
cat > app.py << 'P'
import numpy as np
a = np.sin(np.arange(90000.0)).reshape(300, 300)
for _ in range(60):
    a = np.tanh(a @ a / 100.0)
P
cat > small.c << 'P'
#include <stdio.h>
int main(void) { return printf("%d\n", 42) < 0; }
P
program "python3 with numpy" env OPENBLAS_NUM_THREADS=2 /usr/bin/python3 app.py
program "sh with cc, 8 times" sh -c \
	'for i in 1 2 3 4 5 6 7 8; do cc -O2 -o small small.c && ./small; done'
ckpt kill "$D" > /dev/null
wait_for removed
echo "-- $mb MB of heap"
ckpt launch --close-fds --detach --dir "$D" -- "$build/t/bench/heap" "$mb" > /dev/null
wait_for test -e ready
measure "heap"
echo "-- $procs sleeping processes"
ckpt launch --close-fds --detach --dir "$D" -- /bin/bash -c \
	"for i in \$(seq $procs); do sleep 10000 & done; wait" > /dev/null
wait_for all_there
measure "processes"
