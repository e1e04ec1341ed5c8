#!/bin/bash
# rehearse.sh - what the rehearsal of a set costs: checkpoints of 1, 50 and 300
# processes with sockets by two builds in turn, the best of four each. Nothing
# passes or fails; figures go to docs/performance.md by hand.
#
# usage: BUILD=build BASE=OTHER tests/bench/rehearse.sh [PROCESSES...]
# BASE: a build without it, e.g. of a tree in which the function rehearse() of
# cli/capture.c returns 0 at once.
set -u
build=$(cd "${BUILD:-build}" && pwd) || exit 2
base=$(cd "${BASE:?a build without the rehearsal}" && pwd) || exit 2
[ $# -gt 0 ] || set -- 1 50 300
work=$(mktemp -d "${TMPDIR:-/tmp}/ckpt-bench.XXXXXX") || exit 1
export HOME=$work
cleanup() {
	for b in "$build" "$base"; do
		"$b/tree/bin/ckpt" kill "$work/D" > /dev/null 2>&1
	done
	rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 1' HUP INT TERM
cd "$work" || exit 1

there() { [ -e ready ]; }
wait_for() {
	local end=$((SECONDS + 120))
	until "$@"; do
		((SECONDS < end)) || { echo "bench: $* never came" >&2; exit 1; }
		read -rt 0.01 <> <(:) || true
	done
}
removed() { rm -rf D 2> /dev/null; }
# times BUILD N: "STALL TOTAL" of four checkpoints, the best of each; the first one is for warmth
times() {
	local ckpt=$1/tree/bin/ckpt
	rm -f ready
	"$ckpt" launch --close-fds --detach --dir "$work/D" -- \
		"$build/t/bench/sockets" "$2" > /dev/null || exit 1
	wait_for there
	for _ in 1 2 3 4 5; do
		"$ckpt" checkpoint --wait --dir D > /dev/null || exit 1
		"$ckpt" list --quick --json D | jq -r '.sets[-1] | "\(.stall_seconds) \(.seconds)"'
	done | awk 'NR > 1 { if (!s || $1 < s) s = $1; if (!t || $2 < t) t = $2 }
		END { print s, t }'
	"$ckpt" kill D > /dev/null
	wait_for removed
}
echo "$(nproc) cores, Linux $(uname -r), file system $(stat -f -c %T "$work")"
for n; do
	without=$(times "$base" "$n")
	with=$(times "$build" "$n")
	echo "$n $with $without" | awk '{ printf "%d processes: stands still %.3f s (%.3f without, ratio %.2f), to the commit %.3f s (%.3f without, ratio %.2f)\n", $1, $2, $4, $2 / $4, $3, $5, $3 / $5 }'
done
