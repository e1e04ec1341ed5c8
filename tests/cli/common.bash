# common.bash - a home, a work directory and a program that counts.

bats_require_minimum_version 1.5.0
# The commands without bats' own descriptors: a pipe that leads out of the
# computation is refused, rightly.
bare_commands() {
    local name
    mkdir "$BATS_TEST_TMPDIR/bin"
    cat >"$BATS_TEST_TMPDIR/bin/ckpt" <<C
#!/bin/bash
for fd in /proc/\$\$/fd/*; do
    fd=\${fd##*/}
    [ \$fd -le 2 ] || [ \$fd -eq 255 ] || eval "exec \$fd>&-"
done
exec "$BUILD/tree/bin/\${0##*/}" "\$@"
C
    chmod +x "$BATS_TEST_TMPDIR/bin/ckpt"
    for name in start_coordinator dmtcp_launch dmtcp_restart dmtcp_command; do
        cp "$BATS_TEST_TMPDIR/bin/ckpt" "$BATS_TEST_TMPDIR/bin/$name"
    done
    PATH=$BATS_TEST_TMPDIR/bin:$PATH
}

setup() {
    bare_commands
    export HOME=$BATS_TEST_TMPDIR/home
    unset CKPT_DIR CKPT_TREE DMTCP_COORD_PORT DMTCP_CHECKPOINT_DIR
    mkdir "$HOME"
    cd "$BATS_TEST_TMPDIR" || exit 1
    cat >count <<'C'
#!/bin/bash
# count LAST STATUS: counts in ./out, four times a second
i=0
exec 5>>out # held open: a file that is being written is rolled back
while [ $i -lt "$1" ]; do
    i=$((i + 1))
    echo $i >&5
    sleep 0.25
done
exit "$2"
C
    chmod +x count
}

# Whatever a test left running ends by the coordinator's hand, and what it has
# started beside, as $other, by ours: bats waits for it.
teardown() {
    [ -z "${other:-}" ] || kill "$other" 2>/dev/null || :
    for d in "$BATS_TEST_TMPDIR"/ckpt.* "$BATS_TEST_TMPDIR"/d*; do
        [ ! -f "$d/coordinator" ] || ckpt kill --dir "$d" >/dev/null 2>&1 || :
    done
}

# the coordinator of a directory, behind its keeper, which would start another
coordinators() {
    local c
    c=$(cut -d' ' -f3 "$1/coordinator")
    echo "$(ps -o ppid= -p "$c")" "$c"
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
    [ -e "$1" ] || return 1
    [ "$(wc -l <"$1")" -ge "$2" ]
}

gone() { # PID: has ended (a zombie has)
    ! grep -q '^State:.[^Z]' /proc/"$1"/status 2>/dev/null
}

flip() { # FILE OFFSET: the byte there is another afterwards
    python3 -c 'import sys
with open(sys.argv[1], "r+b") as f:
    f.seek(int(sys.argv[2]))
    was = f.read(1)[0]
    f.seek(-1, 1)
    f.write(bytes([was ^ 0x55]))' "$@"
}
