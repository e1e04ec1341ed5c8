#!/bin/sh
# fuzz.sh DIR SECONDS NAME... - one test per target: the seeds, what was once
# found, and then SECONDS of fuzzing. What breaks is left in DIR/NAME.found.
set -u
dir=$1 seconds=$2
shift 2
passed=0 failed=0
export ASAN_OPTIONS=detect_leaks=1 UBSAN_OPTIONS=print_stacktrace=1
for name in "$@"; do
    seeds=$dir/$name.seeds found=$dir/$name.found log=$dir/$name.log
    rm -rf "$seeds" "$found"
    mkdir -p "$seeds" "$found" "$dir/$name.corpus"
    rc=0
    {
        "$dir/$name.run" --seeds "$seeds" &&
            find "$seeds" "tests/fuzz/found/$name" -type f \
                -exec "$dir/$name.run" {} + 2>/dev/null
    } >"$log" 2>&1 || rc=$?
    # find also fails when there is no found/: only the program's word counts
    grep -q ' inputs$' "$log" && rc=0
    how='seeds only: no clang'
    if [ "$rc" -eq 0 ] && [ -x "$dir/$name.fuzz" ]; then
        timeout -k 5 $((seconds * 4 + 30)) "$dir/$name.fuzz" \
            -max_total_time="$seconds" -max_len=16384 -timeout=10 \
            -rss_limit_mb=1024 -artifact_prefix="$found/" \
            "$dir/$name.corpus" "$seeds" >>"$log" 2>&1 || rc=$?
        how=$(sed -n 's/^Done \([0-9]*\) runs.*/\1 inputs/p' "$log")
    fi
    if [ "$rc" -eq 0 ]; then
        passed=$((passed + 1))
        echo "fuzz $name: ok ($how)"
    else
        failed=$((failed + 1))
        echo "fuzz $name: FAILED, input in $found"
        tail -30 "$log" | sed 's/^/    /'
    fi
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
