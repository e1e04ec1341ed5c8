#!/bin/bash
# scale.sh - a coordinator with more and more tasks (scale.c): figures for
# docs/scale.md, nothing passes or fails.
#
# usage: BUILD=build tests/bench/scale.sh [TASKS...]
set -u
build=$(cd "${BUILD:-build}" && pwd) || exit 2
work=$(mktemp -d "${TMPDIR:-/tmp}/ckpt-scale.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
[ $# -gt 0 ] || set -- 1000 2000 4000 8000
echo "$(nproc) processors, Linux $(uname -r), $(stat -f -c %T "$work"), $(ulimit -Hn) descriptors"
echo "  tasks nodes  register    check  restart     cpu of coordinator     MB KiB/task  status manifest"
echo "                      s        s        s      check  restart                      MB       MB"
for n; do
	rm -rf "$work/D"
	"$build/t/bench/scale" "$build/tree/bin/ckpt" "$work/D" "$n" $(((n + 49) / 50)) || exit 1
done
