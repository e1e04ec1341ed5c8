#!/bin/bash
# check.sh LOGDIR TARGET... - runs make targets that are test suites, LANES
# of them at a time (1), all of them even when one fails, and adds up what
# they report.
#
# Where several run side by side each line says whose it is. The last line of
# output is `N passed, N failed` (plus `, N skipped`), alone on its line; exit
# 1 when anything failed. A suite counts by its own last summary line, or by
# its TAP lines, or as one test. One that ended with an error but reported no
# failure counts as one failure, and so does one that was not run at all.
#
# A suite that says nothing for SILENCE seconds (300) hangs: what runs then is
# shown, it is ended, and that is a failure; a test has a limit below that, so
# that it can say what it waits for. A suite has ended when its make has,
# whatever a test may have left running with its output open.
set -u

count() { # LOGFILE -> "passed failed skipped", nothing without a summary
    awk '/^[0-9]+ passed, [0-9]+ failed/ { p=$1; f=$3; s=0
             if ($0 ~ /[0-9]+ skipped/) s=$5; have=1 }
         /^ok [0-9]+/ { if ($0 ~ /# [Ss][Kk][Ii][Pp]/) ts++; else tp++ }
         /^not ok [0-9]+/ { tf++ }
         END { if (have) print p, f, s
               else if (tp+tf+ts) print tp+0, tf+0, ts+0 }' "$1"
}

# end_suite PID: the suite's process group, which gets the time to tidy up
end_suite() {
    kill -TERM -- "-$1" 2>/dev/null || return
    for _ in {1..100}; do
        kill -0 -- "-$1" 2>/dev/null || return
        sleep 0.1
    done
    kill -KILL -- "-$1" 2>/dev/null
}

# watch PID LOGFILE: while PID lives; ends it when the log stands still
watch() {
    while kill -0 "$1" 2>/dev/null; do
        if [ $(($(date +%s) - $(stat -c %Y "$2"))) -ge "${SILENCE:-300}" ]; then
            {
                echo "make: *** silent for ${SILENCE:-300} s, ended; what ran:"
                ps --deselect --ppid 2 -p 2 --forest -ww \
                    -o pid,ppid,pgid,stat,etimes,wchan:20,args
            } >>"$2"
            end_suite "$1"
        fi
        sleep 1
    done
}

# one TARGET: leaves "passed failed skipped" in TARGET.sum
one() {
    local t=$1 mark='' start=$SECONDS log=$logs/$1.log suite copy rc p f s
    [ "$LANES" -eq 1 ] || mark="${t#check-}: "
    echo "== $t"
    : >"$log"
    # its output is a pipe, as it is for whoever looks at it: what a test leaves
    # running may hold that, and is not waited for
    rm -f "$log.pipe"
    mkfifo "$log.pipe" || exit 1
    cat <"$log.pipe" >>"$log" &
    copy=$!
    # a process group of its own, which can be ended as a whole
    set -m
    # shellcheck disable=SC2086 # make may come with options
    $MAKE --no-print-directory "$t" >"$log.pipe" 2>&1 </dev/null &
    suite=$!
    set +m
    trap 'end_suite "$suite"; exit 130' HUP INT TERM
    watch "$suite" "$log" &
    tail -n +1 -s 0.2 -f --pid="$copy" "$log" 2>/dev/null | sed -u "s/^/$mark/" &
    wait "$suite"
    rc=$?
    for _ in {1..20}; do
        kill -0 "$copy" 2>/dev/null || break
        sleep 0.1
    done
    kill "$copy" 2>/dev/null
    wait
    rm -f "$log.pipe"
    read -r p f s <<<"$(count "$log")"
    if [ -z "$p" ]; then
        [ "$rc" -eq 0 ] && p=1 f=0 || p=0 f=1
    elif [ "$rc" -ne 0 ] && [ "$f" -eq 0 ]; then
        f=1
    fi
    echo "$p $f ${s:-0}" >"$logs/$t.sum"
    echo "== $t: $p passed, $f failed, ${s:-0} skipped ($((SECONDS - start)) s)"
}

if [ "$1" = --one ]; then
    one "$2"
    exit 0
fi
logs=$1
shift
LANES=${LANES:-1}
export BATS_TEST_TIMEOUT=${BATS_TEST_TIMEOUT:-240}
mkdir -p "$logs"
for t; do rm -f "$logs/$t.sum"; done
export LANES logs
# one that is killed must not end xargs
printf '%s\n' "$@" | xargs -n 1 -P "$LANES" sh -c 'bash "$0" --one "$1"; :' "$0"

passed=0 failed=0 skipped=0 bad=
for t; do
    read -r p f s 2>/dev/null <"$logs/$t.sum" || p=0 f=1 s=0
    passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
    [ "$f" -eq 0 ] || bad="$bad $t"
done
echo
for t in $bad; do
    echo "== failed in $t"
    # bats says why on the lines below
    awk '/^(FAIL|\[  FAILED|make(\[[0-9]+\])?: \*\*\*)/ && !seen[$0]++
         /^ok/ { n = 0 } /^not ok/ { n = 8 } n-- > 0' "$logs/$t.log" | cut -c 1-400 | head -n 60
done
[ -z "$bad" ] || echo "failed:$bad (logs in $logs)"
if [ "$skipped" -eq 0 ]; then
    echo "$passed passed, $failed failed"
else
    echo "$passed passed, $failed failed, $skipped skipped"
fi
[ "$failed" -eq 0 ]
