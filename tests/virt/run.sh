#!/bin/sh
# run.sh DIR - runs the tests of the wrappers that were built in DIR.
# DIR/libckpt.so: the wrappers with a core of their own. TAP on stdout.
dir=$1
lib=$dir/libckpt.so
n=0
bad=0

try() {
    what=$1
    shift
    n=$((n + 1))
    timeout 120 "$@"
    case $? in
    0) echo "ok $n - $what" ;;
    77) echo "ok $n - $what # SKIP" ;;
    *)
        echo "not ok $n - $what"
        bad=1
        ;;
    esac
}

echo 1..6
try "a process knows itself and its children by their old numbers" \
    "$dir/numbers" "$lib" "$dir/table"
try "environments of new programs" \
    sh "$(dirname "$0")/environment.sh" "$lib"
try "relative timeouts without a stop" \
    "$dir/deadlines" "$lib"
try "relative timeouts under stops" \
    env VIRT_HAMMER=continue "$dir/deadlines" "$lib"
try "relative timeouts under restarts" \
    env VIRT_HAMMER=restart "$dir/deadlines" "$lib"
# shellcheck disable=SC2016 # the inner shell expands
try "without the refresh they starve" \
    env VIRT_BREAK=1 VIRT_HAMMER=continue \
    sh -c 'timeout 3 "$0" "$1" >/dev/null 2>&1; case $? in 0 | 127) exit 1 ;; esac' "$dir/deadlines" "$lib"
exit $bad
