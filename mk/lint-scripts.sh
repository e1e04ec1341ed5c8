#!/bin/sh
# lint-scripts.sh - shellcheck on every script of the tree. Scripts are known
# by their name or their first line; what is only sourced is taken as bash.
#
# Off: variables that the sourcing script sets or reads (2034, 2154), files
# that are named at run time (1090, 1091), `X= command` (1007).
set -u
off=1007,1090,1091,2034,2046,2053,2120,2154,2238
own='' sourced=''
for f in $(git ls-files -co --exclude-standard | sort -u); do
    [ -f "$f" ] || continue
    case $(head -c 64 "$f" | head -n 1 | tr -d '\0') in
    '#!'*bats*) own="$own $f" ;;
    '#!'*[/\ ]sh | '#!'*[/\ ]sh\ * | '#!'*[/\ ]bash | '#!'*[/\ ]bash\ *)
        own="$own $f" ;;
    *) case $f in *.sh | *.bash) sourced="$sourced $f" ;; esac ;;
    esac
done
rc=0
# The lists are words.
# shellcheck disable=SC2086
[ -z "$own" ] || shellcheck -S warning -e "$off" $own || rc=1
# shellcheck disable=SC2086
[ -z "$sourced" ] || shellcheck -S warning -s bash -e "$off" $sourced || rc=1
exit $rc
