#!/usr/bin/env bats
# sets.bats - list, inspect, verify, prune and delete as a user types them.

load common

asleep() { # the child is known, so that nothing changes any more
    ckpt status --json job 2>/dev/null | grep -q '"command": *"sleep'
}

# A computation that has ended and has left image sets 1 to N. A checkpoint
# that meets a process between fork and exec is tried again under the next
# number: hence the waiting, and another try on a machine that stands still.
two_there() { [ "$(ckpt status --json job | grep -c '"real_pid"')" -eq 2 ]; }

have_sets() { # N [alive]
    printf '#!/bin/bash\nsleep 1000; :\n' >idle
    chmod +x idle
    for _ in 1 2 3; do
        ckpt launch --name job ./idle &
        launched=$!
        until_ 10 asleep
        until_ 10 two_there
        for _ in $(seq "$1"); do
            ckpt checkpoint --wait job
        done
        [ "${2:-}" = alive ] || { ckpt kill job; wait $launched || :; }
        [ "$(printf '%s\n' ckpt.job/set-* | tail -n 1)" != "$(printf 'ckpt.job/set-%06d' "$1")" ] || return 0
        [ "${2:-}" != alive ] || { ckpt kill job; wait $launched || :; }
        rm -r ckpt.job
    done
    echo "the sets are not 1 to $1: $(ls ckpt.job)"
    return 1
}

damage() { # SET: one byte in the middle of a process image
    set -- ckpt.job/"$1"/proc.*.img
    flip "$1" 5000
}

json() { # DOCUMENT EXPRESSION: of d
    python3 -c 'import json, sys; d = json.load(open(sys.argv[1]))
print(eval(sys.argv[2]))' "$1" "$2"
}

@test "list shows each set, and --json has the promised names" {
    have_sets 2
    run ckpt list job
    [ "$status" -eq 0 ]
    [[ ${lines[1]} == "set-000001 "*" complete "* ]]
    [[ ${lines[2]} == "set-000002 "*" complete "* ]]
    ckpt list --json job >l.json
    [ "$(json l.json '[s["number"] for s in d["sets"]]')" = "[1, 2]" ]
    for k in committed verified; do
        [ "$(json l.json "all(s['$k'] is True for s in d['sets'])")" = True ]
    done
    for k in bytes processes seconds stall_seconds; do
        [ "$(json l.json "d['sets'][0]['$k'] > 0")" = True ]
    done
}

@test "list says of a damaged set that it is not verified, and why" {
    have_sets 2
    damage set-000001
    ckpt list --json job >l.json
    [ "$(json l.json '[s["verified"] for s in d["sets"]]')" = "[False, True]" ]
    [[ $(json l.json 'd["sets"][0]["reason"]') == *"proc.main."*"damaged"* ]]
}

@test "list of a set without a manifest says incomplete" {
    have_sets 1
    mkdir -m 700 ckpt.job/set-000002
    run ckpt list job
    [ "$status" -eq 0 ]
    [[ ${lines[2]} == "set-000002 "*"incomplete"* ]]
}

@test "verify names each file and fails when one is bad" {
    have_sets 2
    run ckpt verify job
    [ "$status" -eq 0 ]
    [[ $output == *"set-000002 is whole"* ]]
    [[ $output == *"set-000002 can be restarted now"* ]]
    damage set-000002
    run ckpt verify --deep job
    [ "$status" -eq 1 ]
    [[ $output == *"set-000001 is whole"* ]]
    [[ $output == *"set-000002/proc.main."*" BAD "* ]]
    run ckpt verify ckpt.job/set-000001
    [ "$status" -eq 0 ]
    run ckpt verify --quiet --set 1 job
    [ "$status" -eq 0 ]
    [ -z "$output" ]
}

@test "verify finds a missing file and a cut-off one" {
    have_sets 2
    rm ckpt.job/set-000001/tree.main.img
    truncate -s -1 ckpt.job/set-000002/tree.main.img
    run ckpt verify job
    [ "$status" -eq 1 ]
    [[ $output == *"set-000001/tree.main.img BAD is missing"* ]]
    [[ $output == *"set-000002/tree.main.img BAD has "*" bytes instead of"* ]]
}

@test "inspect shows the newest set's processes and descriptors" {
    have_sets 1
    run ckpt inspect job
    [ "$status" -eq 0 ]
    [[ $output == *"idle (saved)"* ]]
    ckpt inspect --json job >i.json
    [ "$(json i.json 'd["trees"][0]["processes"][0]["command"]')" = idle ]
    [ "$(json i.json 'len(d["trees"][0]["processes"][0]["fds"]) >= 3')" = True ]
}

@test "inspect of an image shows its threads and areas" {
    have_sets 1
    set -- ckpt.job/set-000001/proc.*.img
    run ckpt inspect "$1"
    [ "$status" -eq 0 ]
    [[ $output == *"[stack]"* ]]
    ckpt inspect --json "$1" >i.json
    [ "$(json i.json 'len(d["threads"])')" = 1 ]
    [ "$(json i.json 'sum(s["raw_bytes"] for s in d["streams"]) > 0')" = True ]
}

@test "inspect of what is no image fails with its name" {
    echo nonsense >file
    run --separate-stderr ckpt inspect file
    [ "$status" -eq 1 ]
    # bats sets it
    # shellcheck disable=SC2154
    [[ $stderr == *"/file is damaged or incomplete" ]]
    # shellcheck disable=SC2154
    [ "${#stderr_lines[@]}" -eq 1 ]
}

@test "prune keeps the newest" {
    have_sets 2
    ckpt prune --keep 1 job
    [ ! -e ckpt.job/set-000001 ]
    ckpt verify --set 2 job
    run ckpt prune job
    [ "$status" -eq 2 ]
    run ckpt prune --keep 0 job
    [ "$status" -eq 2 ]
}

@test "delete asks, and does nothing without an answer" {
    have_sets 2
    run ckpt delete ckpt.job/set-000001 </dev/null
    [ "$status" -eq 1 ]
    [ -e ckpt.job/set-000001/MANIFEST ]
    ckpt delete --yes ckpt.job/set-000001
    [ ! -e ckpt.job/set-000001 ]
    run ckpt delete --yes ckpt.job/set-000001
    [ "$status" -eq 1 ]
}

@test "delete refuses a running computation, but not its older sets" {
    have_sets 2 alive
    run ckpt delete --yes job
    [ "$status" -eq 1 ]
    [[ $output == *"is running"* ]]
    run ckpt delete --yes ckpt.job/set-000002
    [ "$status" -eq 1 ]
    ckpt delete --yes ckpt.job/set-000001
    [ -e ckpt.job/set-000002/MANIFEST ]
    ckpt kill job
}

@test "delete of a computation leaves what is not ours" {
    have_sets 1
    echo mine >ckpt.job/notes
    run ckpt delete --yes job
    [ "$status" -eq 1 ]
    [[ $output == *"stays: notes in it is not ours"* ]]
    [ "$(ls ckpt.job)" = notes ]
    rm ckpt.job/notes
    run ckpt delete --yes ./ckpt.job
    [ "$status" -eq 0 ]
    [ ! -e ckpt.job ]
}

@test "delete of a computation leaves nothing" {
    have_sets 1
    ckpt delete --yes job
    [ ! -e ckpt.job ]
    [ -z "$(ls "$HOME/.ckpt/jobs")" ]
}
