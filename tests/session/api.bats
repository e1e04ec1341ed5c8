#!/usr/bin/env bats
# api.bats - include/ckpt/ckpt.h: a program asks for its own checkpoint.

load clean

setup() {
    PATH=$BUILD/tree/bin:$PATH
    export HOME=$BATS_TEST_TMPDIR
    unset CKPT_DIR
    cd "$BATS_TEST_TMPDIR" || return 1
    D=$PWD/d
    ASKS=$BUILD/t/session/asks
}

teardown() {
    timeout 20 ckpt kill --dir "$D" 2>/dev/null || true
}

@test "without the runtime a program is told that it is not under control" {
    run "$ASKS"
    [ "$output" = 'asked -95 enabled 0 generation 0 reason ""' ]
}

@test "a program that is not position-independent finds the runtime" {
    gcc -no-pie -fno-pie -O2 -I"$BUILD/tree/include" -pthread \
        -o asks "$BATS_TEST_DIRNAME/asks.c"
    run clean timeout 60 ckpt launch --dir "$D" -- ./asks flag
    [[ $output == *"enabled 1"* ]]
}

@test "ckpt_checkpoint returns when the image set is committed" {
    run clean timeout 60 ckpt launch --dir "$D" -- "$ASKS"
    [ "$status" -eq 0 ]
    [[ $output == *'asked 0 enabled 1 generation 0 reason ""'* ]]
    [ -f "$D/set-000001/MANIFEST" ]
}

@test "ckpt_checkpoint returns a second time in a restarted run" {
    run clean timeout 60 ckpt launch --dir "$D" -- "$ASKS"
    run clean timeout 60 ckpt restart --dir "$D"
    [ "$status" -eq 0 ]
    [[ $output == *'asked 1 enabled 1 generation 1'* ]]
}

@test "a restarted program can ask again" {
    run clean timeout 60 ckpt launch --dir "$D" -- "$ASKS" twice
    run clean timeout 60 ckpt restart --dir "$D" --set 1
    [[ $output == *'asked 1 enabled 1 generation 1'*'asked 0'* ]]
}

@test "an unknown flag is refused" {
    run clean timeout 60 ckpt launch --dir "$D" -- "$ASKS" flag
    [[ $output == *"asked -22 "* ]]
}

@test "of two threads that ask at once one gets an image set" {
    run clean timeout 60 ckpt launch --dir "$D" -- "$ASKS" threads
    [[ $output == *1 ]]
}

@test "why a checkpoint failed is told in words" {
    run clean timeout 60 ckpt launch --dir "$D" -- bash -c "
        exec 3</proc/1/stat; exec '$ASKS'"
    echo "$output"
    [[ $output == *"/proc/1/stat"* ]]
    [[ $output == *"asked -"* ]]
}

@test "the header compiles as C++" {
    command -v g++ >/dev/null || skip "no g++"
    printf '#include <ckpt/ckpt.h>\nint main() { return ckpt_enabled(); }\n' \
        >x.cc
    g++ -Wall -Wextra -Werror -I"$BUILD/tree/include" -o x x.cc
    ./x
}
