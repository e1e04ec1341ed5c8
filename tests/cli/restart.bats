#!/usr/bin/env bats
# restart.bats - checkpoint, death and restart as a user does it.

load common

counted() { # N: ./out is 1..N, nothing missing, nothing twice
    [ "$(cat out)" = "$(seq "$1")" ]
}

start() { # runs ./count in the background under the name job
    ckpt launch --name job "$@" &
    launched=$!
    until_ 10 lines out 2
}

kill_everything() {
    ckpt status --json job >s.json
    for p in $(sed -n 's/.*"\(real_\)\?pid": *\([0-9]*\).*/\2/p' s.json); do
        kill -9 "$p" 2>/dev/null || :
    done
    wait $launched || :
    until_ 10 none_left # a sleep that was forked meanwhile ends by itself
}
none_left() { ! grep -lsz "^CKPT_DIR=$PWD/ckpt.job\$" /proc/[0-9]*/environ >/dev/null; }

@test "checkpoint --wait prints one line and the program runs on" {
    start ./count 12 0
    run --separate-stderr ckpt checkpoint --wait job
    [ "$status" -eq 0 ]
    [[ $output =~ ^"set "[0-9]+": " ]]
    [ "${#lines[@]}" -eq 1 ]
    wait $launched
    counted 12
}

@test "kill -9 of everything, restart, twice in a row" {
    start ./count 24 6
    ckpt checkpoint --wait job
    until_ 10 lines out 5
    kill_everything
    ckpt restart job &
    launched=$!
    until_ 10 lines out 8
    ckpt checkpoint --wait job
    kill_everything
    run ckpt restart job
    [ "$status" -eq 6 ]
    counted 24
}

@test "checkpoint --kill ends the program with 137 and says how to go on" {
    ckpt launch --name job ./count 12 4 2>err &
    launched=$!
    until_ 10 lines out 2
    ckpt checkpoint --kill job
    wait $launched || [ $? -eq 137 ]
    grep -q "ckpt restart .* goes on from image set 1" err
    run ckpt restart job
    [ "$status" -eq 4 ]
    counted 12
}

@test "restart is refused while the computation runs" {
    start ./count 400 0
    ckpt checkpoint --wait job
    run ckpt restart job
    [ "$status" -eq 1 ]
    [[ $output == *"still running"* ]]
    ckpt kill job
}

@test "restart is refused while programs run whose coordinator was killed" {
    start ./count 400 0
    ckpt checkpoint --wait job
    # shellcheck disable=SC2046
    kill -9 $(coordinators ckpt.job)
    run ckpt restart job
    [ "$status" -eq 1 ]
    [[ $output == *"still run here without a coordinator"* ]]
    run ckpt kill job
    [ "$status" -eq 0 ]
    code=0
    wait $launched || code=$?
    [ $code -eq 137 ]
}

@test "restart is refused where the coordinator cannot be asked" {
    start ./count 400 0
    ckpt checkpoint --kill job
    wait $launched || :
    echo "127.0.0.1 4711 99 another-node" >ckpt.job/coordinator
    run ckpt restart job
    [ "$status" -eq 1 ]
    [[ $output == *"last seen on another-node"* ]]
    ckpt restart --force --detach job
    ckpt kill job
}

@test "restart goes back to an older set when the newest is damaged" {
    start ./count 16 0
    ckpt checkpoint --wait job
    until_ 10 lines out 5
    ckpt checkpoint --kill job
    wait $launched || :
    img=$(ls ckpt.job/set-000002/proc.*.img | head -1)
    flip "$img" 5000
    run ckpt restart job
    [ "$status" -eq 0 ]
    [[ $output == *"image set 2 is damaged"* ]]
    [[ $output == *"from image set 1"* ]]
    counted 16
}

@test "restart without an image set says so" {
    ckpt launch --name job true
    run ckpt restart job
    [ "$status" -eq 1 ]
    [ -n "$output" ]
}

@test "restart of a computation that has ended by itself says so" {
    start ./count 8 3
    ckpt checkpoint --wait job
    wait $launched || [ $? -eq 3 ]
    run --separate-stderr ckpt list job
    [[ $stderr == *"sets up to 1 are of a run that has ended with status 3"* ]]
    run --separate-stderr ckpt list --json job
    [[ $output == *'"finished": true'* ]]
    run ckpt restart job
    [ "$status" -eq 3 ]
    [[ $output == *"image set 1 has ended with status 3; it goes on from there once more"* ]]
    counted 8
}

@test "restart prefers what a later run in the same directory has left" {
    start ./count 12 0
    ckpt checkpoint --wait job
    wait $launched
    rm out
    start ./count 30 5
    ckpt checkpoint --wait job
    [ ! -e ckpt.job/set-000001 ]
    kill_everything
    run ckpt restart job
    [ "$status" -eq 5 ]
    [[ $output != *"once more"* ]]
    counted 30
}

@test "a computation whose first process has ended is not over while another runs" {
    start bash -c '(trap "" HUP; exec ./count 40 0) & until [ -e go ]; do sleep 0.1; done'
    until_ 20 lines out 2
    ckpt checkpoint --wait job
    touch go
    wait $launched
    run ckpt list --json job
    [[ $output == *'"finished": false'* ]]
}

@test "restart --detach returns once it runs" {
    start ./count 12 3
    ckpt checkpoint --kill job
    wait $launched || :
    run --separate-stderr ckpt restart --detach job
    [ "$status" -eq 0 ]
    [ "$output" = "$PWD/ckpt.job" ]
    until_ 20 test -e ckpt.job/exit.main
    counted 12
}

@test "dmtcp's commands do the same" {
    export DMTCP_COORD_PORT=$((20000 + $$ % 10000))
    dmtcp_launch ./count 12 3 &
    launched=$!
    until_ 10 lines out 2
    run dmtcp_command --status
    [[ $output == *"RUNNING=yes"* ]]
    dmtcp_command --bcheckpoint
    dmtcp_command --kill
    wait $launched || :
    run dmtcp_restart
    [ "$status" -eq 3 ]
    counted 12
}
