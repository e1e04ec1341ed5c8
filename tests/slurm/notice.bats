#!/usr/bin/env bats
# Whose job can't be saved learns it from the job's output and from squeue, and
# what has become of a job from `ckpt status`.

# What stands in single quotes is for the job.
# shellcheck disable=SC2016,SC1010,SC2094,SC2034
load helper

setup_file() { cluster_up; }
teardown_file() { cluster_down; }
setup() { [ -z "${SKIP_ALL:-}" ] || skip "$SKIP_ALL"; }

# A script whose child nothing of ours can be loaded into, until the file go.N is there, in
# each of its two parts; its standard error leads elsewhere in the second.
put_blind() {
    echo 'void _start(void) { for (;;) __asm__ volatile("syscall" : : "a"(34) : "rcx", "r11", "memory"); }' |
        cc -nostdlib -static -x c -o "$(home)/still" - || skip "no compiler"
    put blind.sh <<'E'
#!/bin/bash
#SBATCH --checkpoint-interval=0:02 --requeue --exclusive
until_() { until [ -e "$1.$SLURM_JOB_ID" ]; do sleep 0.2; done; }
part() {
    ./still &
    until_ "go.$1"
    kill $!
    wait $! 2>/dev/null
    echo "part $1 is over"
}
echo "begins"
part 1
until_ go.2
part 3
E
}

go() { as touch "go.$1.$id"; }
output() { grep -c "$1" "$(home)/slurm-$id.out"; }
says() { [ "$(output "$1")" -ge "${2:-1}" ]; }
comment() { as squeue -h -o %k -j "$id"; }
comments() { [[ $(comment) == "ckpt: $1"* ]]; }

@test "a job that can't be saved says so in its output, once, and in its comment, in each life" {
    put_blind
    id=$(submit blind.sh)
    within 60 says '^ckpt: unprotected, no checkpoint has succeeded yet: .*still'
    within 20 comments "unprotected, no checkpoint has succeeded yet"
    run as ckpt checkpoint "$id"
    [ "$status" -eq 1 ]
    [[ $output == *still* ]]
    as ckpt status "$id" | grep -q '^unprotected  since .*: checkpoints fail'
    go 1
    within 60 says '^ckpt: protected again: image set [0-9]* is committed'
    within 20 comments "protected again"
    as ckpt checkpoint --wait "$id"
    preempt "$id" 1
    within 60 is_state "$id" RUNNING
    go 2
    within 60 says '^ckpt: unprotected since .*, the newest image set is [0-9]* of .*still'
    go 3
    succeeds "$id" 60
    # the rest of the output is the script's alone
    [ "$(grep -v '^ckpt: ' "$(home)/slurm-$id.out")" = "$(printf '%s\n' begins 'part 1 is over' 'part 3 is over')" ]
    [ "$(output '^ckpt: unprotected')" -eq 2 ]
    nodes_are_well
    no_processes
}

@test "a comment that the user has written stays, and an output that leads elsewhere is left alone" {
    put_blind
    put elsewhere.sh <<'E'
#!/bin/bash
#SBATCH --checkpoint-interval=0:02 --exclusive
exec 2>elsewhere.$SLURM_JOB_ID
. ./blind.sh
E
    id=$(submit --comment "mine" elsewhere.sh)
    within 60 says '^ckpt: unprotected, no checkpoint has succeeded yet: .*still'
    [ "$(comment)" = mine ]
    go 1
    go 2
    go 3
    succeeds "$id" 60
    not grep -q ckpt "$(home)/elsewhere.$id"
}

@test "status says what Slurm has made of a job" {
    put loops.sh <<'E'
#!/bin/bash
#SBATCH --checkpoint-interval=10:00 --requeue --exclusive
until [ -e "end.$SLURM_JOB_ID" ]; do sleep 0.2; done
E
    for way in requeuehold cancel; do
        id=$(submit loops.sh)
        within 60 as ckpt status --live "$id"
        as ckpt checkpoint --wait "$id"
        if [ $way = cancel ]; then as scancel "$id"; else as scontrol requeuehold "$id"; fi
        within 60 not as ckpt status --live "$id"
        within 60 is_state "$id" "PENDING CANCELLED"
        run as ckpt status "$id"; echo "$output"
        if [ $way = cancel ]; then
            [ "$status" -eq 3 ]
            [[ $output == *"state        ended, run 1: it was cancelled"* ]]
        else
            [ "$status" -eq 5 ]
            [[ $output == *"state        waiting, run 1: Slurm will start it again"* ]]
        fi
        [[ $output != *loops.sh* && $output != *" running "* ]]
        as scancel "$id"
    done
}
