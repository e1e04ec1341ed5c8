#!/usr/bin/env bats
# verify.bats - what `ckpt verify` says of sets on disk and of the outside,
# and that `ckpt restart` agrees with it.

load common

# A computation that was saved with --kill: its program is ./nap, it listens
# at a port and at an abstract name, and has a file open.
have_set() {
    cp "$(command -v sleep)" nap
    cat >program.py <<'P'
import socket, subprocess
log = open("log", "a")
log.write("line\n")
log.flush()
s = socket.socket()
s.bind(("127.0.0.1", 0))
s.listen(1)
u = socket.socket(socket.AF_UNIX)
u.bind("\0ckpt-verify-%d" % s.getsockname()[1])
u.listen(1)
child = subprocess.Popen(["./nap", "1000"])
open("port", "w").write("%d" % s.getsockname()[1])
child.wait()
P
    ckpt launch --name job python3 program.py &
    launched=$!
    until_ 10 napping
    ckpt checkpoint --wait ${1+"$@"} job
    [ $# -eq 0 ] || wait "$launched" || :
}

napping() {
    [ -s port ] &&
        ckpt status --json job 2>/dev/null | grep -q '"command": *"nap'
}

held() { [ -e held ]; }

@test "verify of a set that can be restarted" {
    have_set --kill
    run ckpt verify --deep job
    [ "$status" -eq 0 ]
    [[ $output == *" is whole: 3 files, 0 bad"* ]]
    [[ ${lines[-1]} == *" can be restarted now" ]]
    run ckpt verify --quiet job
    [ "$status" -eq 0 ]
    [ -z "$output" ]
}

@test "a flipped byte of the contents is found by --deep only" {
    have_set --kill
    set -- ckpt.job/set-*/proc.main.*.img
    flip "$1" 5000
    ckpt verify job
    run ckpt verify --deep job
    [ "$status" -eq 1 ]
    [[ $output == *"/proc.main."*" BAD "*damaged* ]]
}

@test "a flipped byte of an index is found" {
    have_set --kill
    set -- ckpt.job/set-*/tree.main.img
    flip "$1" $(($(stat -c %s "$1") - 60))
    run ckpt verify job
    [ "$status" -eq 1 ]
    [[ $output == *"/tree.main.img BAD "* ]]
}

@test "verify names all that is in the way, and restart refuses it" {
    have_set --kill
    python3 -c 'import socket, sys, time
port = int(open("port").read())
s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(("127.0.0.1", port))
s.listen(1)
u = socket.socket(socket.AF_UNIX)
u.bind("\0ckpt-verify-%d" % port)
open("held", "w")
time.sleep(1000)' &
    other=$!
    until_ 10 held
    mv log kept
    echo more >>nap
    run ckpt verify job
    [ "$status" -eq 1 ]
    port=$(<port)
    [[ $output == *"BLOCKED process "*"(python3)"*"port $port is taken"* ]]
    [[ $output == *"BLOCKED "*"@ckpt-verify-$port is taken"* ]]
    [[ $output == *"BLOCKED "*"the file $PWD/log was open and is missing"* ]]
    [[ $output == *"BLOCKED process "*"(nap): $PWD/nap, which the program has mapped, has been replaced"* ]]
    [[ ${lines[-1]} == *" can't be restarted now: 4 things are in the way" ]]
    run --separate-stderr ckpt restart job
    [ "$status" -eq 1 ]
    # bats sets it
    # shellcheck disable=SC2154
    [[ $stderr == *"nap, which the program has mapped, has been replaced"* ]]
    kill "$other"
    wait "$other" || :
    mv kept log
    truncate -s -5 nap
    run ckpt verify job
    [ "$status" -eq 0 ]
}

@test "nothing of the outside is asked while the computation runs" {
    have_set
    run ckpt verify job
    [ "$status" -eq 0 ]
    [[ $output == *"as the computation runs"* ]]
    [[ $output != *BLOCKED* ]]
    ckpt kill job
    wait "$launched" || :
}
