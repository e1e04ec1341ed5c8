#!/usr/bin/env bats
# usage.bats - wrong usage, help, and what is refused before anything runs.

load common

commands="launch checkpoint restart status list inspect verify prune delete
check quit kill coordinator"

@test "every command has --help on stdout and ends with 0" {
    for c in $commands; do
        run --separate-stderr ckpt "$c" --help
        [ "$status" -eq 0 ] && [[ $output == *"usage: ckpt $c"* ]] &&
            [ -z "$stderr" ] || { echo "$c: $status"; return 1; }
    done
}

@test "every command refuses an unknown option with 2, and says it on stderr" {
    for c in $commands; do
        run --separate-stderr ckpt "$c" --no-such-option
        [ "$status" -eq 2 ] && [ -z "$output" ] && [ -n "$stderr" ] ||
            { echo "$c: $status $output"; return 1; }
    done
}

@test "an unknown command ends with 2" {
    run ckpt frobnicate
    [ "$status" -eq 2 ]
    run ckpt
    [ "$status" -eq 2 ]
}

@test "a static program is refused before it runs" {
    echo 'int main(void){return 0;}' >s.c
    gcc -static -o s s.c || skip "no static libc"
    run ckpt launch ./s
    [ "$status" -eq 1 ]
    [[ $output == *"statically linked"* ]]
    [ ! -e ckpt.s ]
}

@test "a program linked with musl is refused before it runs" {
    echo 'int main(void){return 0;}' >m.c
    musl-gcc -o m m.c || skip "no musl"
    run ckpt launch ./m
    [ "$status" -eq 1 ]
    [[ $output == *"linked with musl"* ]]
    [ ! -e ckpt.m ]
}

@test "a program that is not there is refused" {
    run ckpt launch no-such-program
    [ "$status" -eq 1 ]
    [[ $output == *"not found in PATH"* ]]
}

@test "a job directory that others can read is closed to them if it is empty" {
    mkdir -m 755 d e
    ckpt launch --dir d true
    [ "$(stat -c %a d)" = 700 ]
    touch e/f
    run ckpt launch --dir e true
    [ "$status" -eq 1 ]
    [[ $output == *"open to others (mode 755) and not empty"* ]]
    [ "$(stat -c %a e)" = 755 ]
}

@test "nothing to work on is said as such" {
    run ckpt checkpoint
    [ "$status" -eq 1 ]
    [[ $output == *"which computation"* ]]
    run ckpt status nobody
    [ "$status" -eq 1 ]
    [[ $output == *'no computation "nobody"'* ]]
}

@test "where no coordinator answers, it is said who was there last" {
    ckpt launch --dir d true
    run ckpt checkpoint --dir d
    [ "$status" -eq 1 ]
    [[ $output == *"no coordinator answers for"* ]]
}

@test "check answers in lines and in JSON alike" {
    run ckpt check
    [[ $output == *"kernel"* ]]
    ckpt check --json | python3 -c '
import json, sys
d = json.load(sys.stdin)
assert {"name", "ok", "required", "found", "advice"} <= set(d["checks"][0])'
    run ckpt check -- no-such-program
    [ "$status" -eq 1 ]
}

@test "wrong interval, keep, name are refused with 2" {
    for o in --interval=x --interval=-1 --keep=0 --name=a/b; do
        run ckpt launch "$o" true
        [ "$status" -eq 2 ] || { echo "$o: $status"; return 1; }
    done
}
