# common.bash - a home, a work directory and a program that counts.

bats_require_minimum_version 1.5.0
PATH=$BUILD/tree/bin:$PATH

setup() {
    export HOME=$BATS_TEST_TMPDIR/home
    unset CKPT_DIR CKPT_TREE DMTCP_COORD_PORT DMTCP_CHECKPOINT_DIR
    mkdir "$HOME"
    cd "$BATS_TEST_TMPDIR" || exit 1
    cat >count <<'C'
#!/bin/bash
# count LAST STATUS: counts in ./out, four times a second
i=0
while [ $i -lt "$1" ]; do
    i=$((i + 1))
    echo $i >>out
    read -t 0.25 <>"$0.wait"
done
exit "$2"
C
    chmod +x count
    mkfifo count.wait
}

# Whatever a test left running ends by the coordinator's hand.
teardown() {
    for d in "$BATS_TEST_TMPDIR"/ckpt.* "$BATS_TEST_TMPDIR"/d*; do
        [ ! -f "$d/coordinator" ] || ckpt kill --dir "$d" >/dev/null 2>&1 || :
    done
}

# until_ SECONDS COMMAND...: polls until it succeeds
until_() {
    local end=$((SECONDS + $1))
    shift
    until "$@"; do
        [ $SECONDS -lt $end ] || { echo "not within the limit: $*"; return 1; }
        sleep 0.05
    done
}

lines() { # FILE N: has at least N lines
    [ "$(wc -l <"$1" 2>/dev/null || echo 0)" -ge "$2" ]
}

gone() { # PID: has ended (a zombie has)
    ! grep -q '^State:.[^Z]' /proc/"$1"/status 2>/dev/null
}
