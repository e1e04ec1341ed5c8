#!/bin/sh
# unit.sh PROGRAM... - runs cmocka programs, shows what failed, sums up.
# A program that crashes or runs longer than a minute is one failure; cmocka
# says "not ok" of what it skips.
set -u
sh mk/cpu.sh
passed=0 failed=0
for p in "$@"; do
    rc=0
    out=$(CMOCKA_MESSAGE_OUTPUT=TAP timeout -k 5 60 "$p" 2>&1) || rc=$?
    ok=$(printf '%s\n' "$out" | grep -c '^ok ')
    bad=$(printf '%s\n' "$out" | grep -v '# SKIP' | grep -c '^not ok ')
    if [ "$rc" -ne 0 ] && [ "$bad" -eq 0 ]; then
        bad=1
    fi
    passed=$((passed + ok)) failed=$((failed + bad))
    printf '%-24s %3d passed, %d failed\n' "${p##*/}" "$ok" "$bad"
    if [ "$bad" -ne 0 ]; then
        printf '%s\n' "$out" | grep -v '^ok ' | sed 's/^/    /'
        [ "$rc" -ne 124 ] || echo "    took longer than a minute"
    fi
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
