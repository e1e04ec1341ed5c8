#!/usr/bin/env bats
# session.bats - start_coordinator, its prompt, and programs that join it.

load clean

setup() {
    PATH=$BUILD/tree/bin:$PATH
    export HOME=$BATS_TEST_TMPDIR
    unset CKPT_DIR SLURM_JOB_ID
    cd "$BATS_TEST_TMPDIR" || return 1
    TERMINAL=$BATS_TEST_DIRNAME/terminal.py
    export LAUNCH=$BATS_TEST_DIRNAME/launch-detached
}

teardown() {
    timeout 20 ckpt kill --dir "$BATS_TEST_TMPDIR/ckpt.session" 2>/dev/null ||
        true
}

@test "start_coordinator tells how to join it" {
    run python3 "$TERMINAL" '? ckpt launch PROG
        ? ckpt>
        > q' start_coordinator
    [ "$status" -eq 0 ]
}

@test "the prompt's ? names its commands" {
    run python3 "$TERMINAL" '? ckpt>
        > ?
        ? take a checkpoint
        > q' start_coordinator
    [ "$status" -eq 0 ]
}

@test "a program launched elsewhere joins the session's coordinator" {
    run python3 "$TERMINAL" '? ckpt>
        $ ckpt launch -- sleep 0.1
        > q' start_coordinator
    [ "$status" -eq 0 ]
    [ -f ckpt.session/exit.main ]
    [ ! -e ckpt.sleep ]
}

@test "c at the prompt takes an image set, q ends the computation" {
    run python3 "$TERMINAL" '? ckpt>
        $ $LAUNCH sleep 30
        > c
        ? set 1 is committed
        > q' start_coordinator
    [ "$status" -eq 0 ]
    [ -f ckpt.session/set-000001/MANIFEST ]
}

@test "s at the prompt shows the state, l the processes" {
    run python3 "$TERMINAL" '? ckpt>
        $ $LAUNCH sleep 30
        > s
        ? running, 1 processes
        > l
        ? main .* sleep
        > q' start_coordinator
    [ "$status" -eq 0 ]
}

@test "start_coordinator -i takes image sets by the clock" {
    run python3 "$TERMINAL" '? every 1
        ? ckpt>
        $ $LAUNCH sleep 30
        $ for i in $(seq 300); do [ -f ckpt.session/set-000001/MANIFEST ] && exit; sleep 0.1; done; exit 1
        > q' start_coordinator -i 1
    [ "$status" -eq 0 ]
}

@test "without a terminal start_coordinator goes into the background" {
    clean timeout 20 start_coordinator
    run timeout 20 ckpt status --json --dir ckpt.session
    [ "$status" -eq 0 ]
}

@test "a value that is missing is wrong usage" {
    run start_coordinator -i
    [ "$status" -eq 2 ]
}
