#!/usr/bin/env bats
# launch.bats - standing in the foreground: statuses, signals, names.

load common

@test "launch ends with the program's status" {
    run ckpt launch sh -c 'exit 7'
    [ "$status" -eq 7 ]
}

@test "launch ends with 128+signal as a shell does" {
    run ckpt launch sh -c 'kill -USR1 $$'
    [ "$status" -eq 138 ]
}

@test "launch writes nothing but what the program writes" {
    run --separate-stderr ckpt launch echo hello
    [ "$output" = hello ]
    [ -z "$stderr" ]
}

@test "the program's environment has no more than it must" {
    env >before
    ckpt launch env >after
    run diff <(grep -v '^_=' before | sort) <(grep -v '^_=' after | sort)
    [ -z "$(echo "$output" | grep '^[<>]' |
        grep -v -e LD_PRELOAD= -e CKPT_DIR= -e CKPT_TREE= -e CKPT_STDIO=)" ]
}

@test "launch passes TERM on and ends as the program does" {
    mkfifo fifo
    ckpt launch --dir d bash -c \
        'trap "exit 9" TERM; echo >ready; while :; do read -t 0.1 <>fifo; done' \
        &
    until_ 10 test -e ready
    kill -TERM $!
    code=0
    wait $! || code=$?
    [ $code -eq 9 ]
}

@test "after launch no coordinator stays" {
    ckpt launch --dir d true
    pid=$(cut -d' ' -f3 d/coordinator 2>/dev/null || echo 0)
    [ "$pid" = 0 ] || until_ 10 gone "$pid"
}

@test "each launch without a name gets a directory of its own" {
    ckpt launch true
    ckpt launch true
    [ -d ckpt.true ] && [ -d ckpt.true-2 ]
}

@test "launch --detach prints the directory and the program runs on" {
    run --separate-stderr ckpt launch --detach ./count 3 5
    [ "$status" -eq 0 ]
    [ "$output" = "$PWD/ckpt.count" ]
    until_ 20 test -e ckpt.count/exit.main
    [ "$(cat out | tr '\n' ' ')" = "1 2 3 " ]
    [ "$(cat ckpt.count/exit.main)" -eq $((5 * 256)) ]
}

@test "after launch --detach a checkpoint can be taken at once" {
    ckpt launch --detach ./count 400 0
    ckpt checkpoint --wait
    ckpt kill
}

@test "a second launch into the same directory joins the computation" {
    ckpt launch --dir d ./count 400 0 &
    until_ 10 lines out 1
    ckpt launch --dir d sh -c 'ckpt status --json --dir d >s.json'
    [ "$(grep -c '"coordinator"' s.json)" -eq 1 ]
    grep -q '"main-2"' s.json
    ckpt kill --dir d
}

@test "status shows the processes as JSON says" {
    ckpt launch --name job ./count 400 0 &
    until_ 10 lines out 1
    ckpt status --json job | python3 -c '
import json, sys
d = json.load(sys.stdin)
assert d["state"] == "running", d["state"]
assert d["generation"] == 1
assert d["coordinator"]["pid"] > 0
p = d["processes"][0]
assert {"pid", "real_pid", "node", "command", "state"} <= set(p), p'
    run ckpt status job
    [[ $output == *"state        running"* ]]
    ckpt quit job
    run ckpt status job
    [ "$status" -eq 3 ]
    [[ $output == *"state        ended, run 1"* ]]
}

dead() { # NAME: nobody answers any more
    run ckpt status "$1"
    [ "$status" -eq 4 ]
}

@test "status tells an end, a death and an exit status apart" {
    ckpt launch --name job ./count 4 5 || [ $? -eq 5 ]
    run ckpt status --json job
    [ "$status" -eq 3 ]
    python3 -c '
import json, sys
d = json.loads(sys.argv[1])
assert (d["state"], d["exit_status"], d["running_alone"]) == ("ended", 5, 0), d
assert d["generation"] == 1 and d["coordinator"]["pid"] > 0, d' "$output"
    rm -rf ckpt.job out
    ckpt launch --name job ./count 400 0 &
    launched=$!
    until_ 10 lines out 1
    run ckpt status job
    [ "$status" -eq 0 ]
    # shellcheck disable=SC2046
    kill -9 $(coordinators ckpt.job)
    until_ 10 dead job
    run ckpt status job
    [ "$status" -eq 4 ]
    [[ $output == *"it was running, and its coordinator has died; "*" still run"*" here"* ]]
    ckpt kill job
    wait $launched || :
    run ckpt status --json job
    [ "$status" -eq 4 ]
    python3 -c '
import json, sys
d = json.loads(sys.argv[1])
assert (d["state"], d["was"]) == ("gone", "running"), d
assert (d["exit_status"], d["running_alone"]) == (137, 0), d' "$output"
}

@test "status tells of a death in a job where Slurm cannot be asked, too" {
    SLURM_JOB_ID=1 SLURM_CONF=$PWD/none ckpt launch --name job ./count 400 0 &
    launched=$!
    until_ 10 lines out 1
    # shellcheck disable=SC2046
    kill -9 $(coordinators ckpt.job)
    SLURM_CONF=$PWD/none until_ 10 dead job
    [[ $output == *"its coordinator has died; "*" still run"*" here"* ]]
    [[ $output != *error* ]]
    ckpt kill job
    wait $launched || :
}

@test "start_coordinator is joined from another terminal" {
    start_coordinator --daemon --dir d &
    until_ 10 test -e d/coordinator
    run ckpt launch sh -c 'echo in $CKPT_DIR'
    [[ $output == *"in $PWD/d"* ]]
    ckpt quit --dir d
}
