#!/bin/sh
# check.sh LOGDIR TARGET... - runs make targets that are test suites, all of
# them even when one fails, and adds up what they report.
#
# The last line of output is `N passed, N failed` (plus `, N skipped`),
# alone on its line; exit 1 when anything failed. A suite counts by its own
# last summary line, or by its TAP lines, or as one test. One that ended
# with an error but reported no failure counts as one failure.
set -u
logs=$1
shift
mkdir -p "$logs"
passed=0 failed=0 skipped=0 bad=

count() { # LOGFILE -> "passed failed skipped", nothing without a summary
    awk '/^[0-9]+ passed, [0-9]+ failed/ { p=$1; f=$3; s=0
             if ($0 ~ /[0-9]+ skipped/) s=$5; have=1 }
         /^ok [0-9]+/ { if ($0 ~ /# [Ss][Kk][Ii][Pp]/) ts++; else tp++ }
         /^not ok [0-9]+/ { tf++ }
         END { if (have) print p, f, s
               else if (tp+tf+ts) print tp+0, tf+0, ts+0 }' "$1"
}

for t in "$@"; do
    echo "== $t"
    start=$(date +%s)
    rc=0
    # the status of make, through the pipe to tee
    { { $MAKE --no-print-directory "$t" 2>&1; echo $? >"$logs/$t.rc"; } |
        tee "$logs/$t.log"; } || true
    rc=$(cat "$logs/$t.rc")
    # Word splitting gives the three numbers.
    # shellcheck disable=SC2046
    set -- $(count "$logs/$t.log")
    p=${1:-} f=${2:-0} s=${3:-0}
    if [ -z "$p" ]; then
        [ "$rc" -eq 0 ] && p=1 f=0 || p=0 f=1
    elif [ "$rc" -ne 0 ] && [ "$f" -eq 0 ]; then
        f=1
    fi
    passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
    [ "$f" -eq 0 ] || bad="$bad $t"
    echo "== $t: $p passed, $f failed, $s skipped ($(($(date +%s) - start)) s)"
done

echo
for t in $bad; do
    echo "== failed in $t"
    grep -E '^(FAIL|not ok|\[  FAILED|make: \*\*\*)' "$logs/$t.log" | sort -u | head -n 40
done
[ -z "$bad" ] || echo "failed:$bad (logs in $logs)"
if [ "$skipped" -eq 0 ]; then
    echo "$passed passed, $failed failed"
else
    echo "$passed passed, $failed failed, $skipped skipped"
fi
[ "$failed" -eq 0 ]
