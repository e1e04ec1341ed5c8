#!/bin/sh
# check.sh LOGDIR TARGET... - runs make targets that are test suites, LANES
# of them at a time (1), all of them even when one fails, and adds up what
# they report.
#
# Where several run side by side each line says whose it is. The last line of
# output is `N passed, N failed` (plus `, N skipped`), alone on its line; exit
# 1 when anything failed. A suite counts by its own last summary line, or by
# its TAP lines, or as one test. One that ended with an error but reported no
# failure counts as one failure, and so does one that was not run at all.
set -u

count() { # LOGFILE -> "passed failed skipped", nothing without a summary
    awk '/^[0-9]+ passed, [0-9]+ failed/ { p=$1; f=$3; s=0
             if ($0 ~ /[0-9]+ skipped/) s=$5; have=1 }
         /^ok [0-9]+/ { if ($0 ~ /# [Ss][Kk][Ii][Pp]/) ts++; else tp++ }
         /^not ok [0-9]+/ { tf++ }
         END { if (have) print p, f, s
               else if (tp+tf+ts) print tp+0, tf+0, ts+0 }' "$1"
}

# one TARGET: leaves "passed failed skipped" in TARGET.sum
one() {
    t=$1 mark=
    [ "$LANES" -eq 1 ] || mark="${t#check-}: "
    echo "== $t"
    start=$(date +%s)
    # the status of make, through the pipe to tee
    { { $MAKE --no-print-directory "$t" 2>&1; echo $? >"$logs/$t.rc"; } |
        tee "$logs/$t.log" | sed -u "s/^/$mark/"; } || true
    rc=$(cat "$logs/$t.rc" 2>/dev/null || echo 1)
    # Word splitting gives the three numbers.
    # shellcheck disable=SC2046
    set -- $(count "$logs/$t.log")
    p=${1:-} f=${2:-0} s=${3:-0}
    if [ -z "$p" ]; then
        [ "$rc" -eq 0 ] && p=1 f=0 || p=0 f=1
    elif [ "$rc" -ne 0 ] && [ "$f" -eq 0 ]; then
        f=1
    fi
    echo "$p $f $s" >"$logs/$t.sum"
    echo "== $t: $p passed, $f failed, $s skipped ($(($(date +%s) - start)) s)"
}

if [ "$1" = --one ]; then
    one "$2"
    exit 0
fi
logs=$1
shift
LANES=${LANES:-1}
mkdir -p "$logs"
for t; do rm -f "$logs/$t.sum" "$logs/$t.rc"; done
export LANES logs
printf '%s\n' "$@" | xargs -n 1 -P "$LANES" sh "$0" --one

passed=0 failed=0 skipped=0 bad=
for t; do
    read -r p f s 2>/dev/null <"$logs/$t.sum" || p=0 f=1 s=0
    passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
    [ "$f" -eq 0 ] || bad="$bad $t"
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
