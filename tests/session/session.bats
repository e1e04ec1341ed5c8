#!/usr/bin/env bats
# session.bats - start_coordinator, its prompt, and programs that join it.

setup() {
    PATH=$BUILD/tree/bin:$PATH
    export HOME=$BATS_TEST_TMPDIR
    unset CKPT_DIR SLURM_JOB_ID
    cd "$BATS_TEST_TMPDIR" || return 1
    TERMINAL=$BATS_TEST_DIRNAME/terminal.py
}

teardown() {
    timeout 20 ckpt kill --dir "$BATS_TEST_TMPDIR/ckpt.session" 2>/dev/null ||
        true
}

@test "start_coordinator tells how to join it" {
    run python3 "$TERMINAL" '? ckpt launch
        > q' start_coordinator
    [ "$status" -eq 0 ]
}

@test "the prompt's ? names its commands" {
    run python3 "$TERMINAL" '? ckpt launch
        > ?
        ? quit
        > q' start_coordinator
    [ "$status" -eq 0 ]
}

@test "a program launched elsewhere joins the session's coordinator" {
    run python3 "$TERMINAL" '? ckpt launch
        $ ckpt launch -- sleep 0.1
        > q' start_coordinator
    [ "$status" -eq 0 ]
    [ -f ckpt.session/exit.main ]
    [ ! -e ckpt.sleep ]
}

@test "c at the prompt takes an image set, k ends the computation" {
    run python3 "$TERMINAL" '? ckpt launch
        $ ckpt launch --detach -- sleep 300 >/dev/null
        > c
        ? (committed|set-000001|image set 1)
        > k' start_coordinator
    [ "$status" -eq 0 ]
    [ -f ckpt.session/set-000001/MANIFEST ]
}

@test "s at the prompt shows the processes" {
    run python3 "$TERMINAL" '? ckpt launch
        $ ckpt launch --detach -- sleep 300 >/dev/null
        > s
        ? sleep
        > k' start_coordinator
    [ "$status" -eq 0 ]
}

@test "start_coordinator -i takes image sets by the clock" {
    run python3 "$TERMINAL" '? every 1
        $ ckpt launch --detach -- sleep 300 >/dev/null
        $ for i in $(seq 300); do [ -f ckpt.session/set-000001/MANIFEST ] && exit; sleep 0.1; done; exit 1
        > k' start_coordinator -i 1
    [ "$status" -eq 0 ]
}

@test "without a terminal start_coordinator goes into the background" {
    timeout 20 start_coordinator </dev/null
    run timeout 20 ckpt status --json --dir ckpt.session
    [ "$status" -eq 0 ]
}

@test "a value that is missing is wrong usage" {
    run start_coordinator -i
    [ "$status" -eq 2 ]
}
