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

# foreign NAME BY: a library that has taken over all functions stands in front
# of ours or behind it
foreign() {
    for list in "$lib:$dir/$1" "$dir/$1:$lib"; do
        where=$([ "${list#"$lib"}" = "$list" ] && echo "in front of" || echo behind)
        try "numbers with a library $where ours that $2" \
            "$dir/numbers" "$list" "$dir/table" "$lib"
    done
    try "timeouts with a library behind ours that $2" \
        "$dir/deadlines" "$lib:$dir/$1"
}

echo 1..21
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
foreign foreign-next.so "calls the next function"
foreign foreign-call.so "makes system calls"
foreign foreign-handle.so "calls libc's function"
foreign foreign-table.so "changes relocation tables"
foreign foreign-table-call.so "changes relocation tables and makes system calls"
exit $bad
