#!/bin/sh
# cpu.sh - one line: which registers beyond SSE this machine has. Tests of
# those that it lacks are skipped.
flags=" $(sed -n '/^flags/ { s/^[^:]*://p; q; }' /proc/cpuinfo) "
line=
for f in xsave avx avx2 avx512f pku amx_tile; do
    case $flags in
    *" $f "*) line="$line $f" ;;
    *) line="$line no-$f" ;;
    esac
done
echo "processor:$line, Linux $(uname -r)"
