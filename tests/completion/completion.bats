#!/usr/bin/env bats
# completion.bats - what the tabulator offers. $BUILD/tree has the program.

setup() {
    PATH=${BUILD:?}/tree/bin:$PATH
    HOME=$BATS_TEST_TMPDIR
    # shellcheck source=/dev/null
    source "$BUILD/tree/share/bash-completion/completions/ckpt"
}

# offers WORD...: what is offered for the last word
offers() {
    COMP_WORDS=("$@")
    COMP_CWORD=$(($# - 1))
    COMPREPLY=()
    _ckpt 2>/dev/null
    printf '%s\n' "${COMPREPLY[@]}"
}

@test "completion offers every sub-command of ckpt --help" {
    run offers ckpt ""
    for c in launch checkpoint restart status list inspect verify prune \
        delete check quit kill coordinator; do
        grep -qx "$c" <<<"$output"
    done
}

@test "completion narrows sub-commands by what is typed" {
    run offers ckpt laun
    [ "$output" = launch ]
}

@test "completion offers the options of one sub-command" {
    run offers ckpt launch --i
    [ "$output" = --interval ]
}

@test "completion offers no other sub-command's options" {
    run offers ckpt launch --json
    [ -z "$output" ]
}

@test "completion offers registered jobs" {
    mkdir -p "$HOME/.ckpt/jobs/lattice"
    cd "$BATS_TEST_TMPDIR"
    run offers ckpt status lat
    [ "$output" = lattice ]
}

@test "completion offers programs after launch and its options" {
    run offers ckpt launch sha256s
    [ "$output" = sha256sum ]
    run offers ckpt launch --interval 60 --detach sha256s
    [ "$output" = sha256sum ]
    run offers ckpt launch -- sha256s
    [ "$output" = sha256sum ]
}

@test "completion leaves a program's own arguments to file names" {
    cd "$BATS_TEST_TMPDIR"
    touch input.dat
    run offers ckpt launch ./app --verbose inp
    [ "$output" = input.dat ]
}
