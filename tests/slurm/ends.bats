#!/usr/bin/env bats
# How a job ends, and what a later run does then: docs/requeue.md as jobs.

# What stands in single quotes is for the job.
# shellcheck disable=SC2016,SC1010,SC2094,SC2034
load helper

setup_file() {
    cluster_up --proctrack "${PROCTRACK:-linuxproc}" --conf "PartitionName=cancel Nodes=ALL PriorityTier=1 PreemptMode=CANCEL GraceTime=10 MaxTime=60 DefaultTime=10"
}
teardown_file() { cluster_down; }
setup() {
    [ -z "${SKIP_ALL:-}" ] || skip "$SKIP_ALL"
    put step.sh <<'E'
#!/bin/bash
for i in {1..8}; do sleep 1; echo "$i"; done >>"$1.$SLURM_PROCID"
E
    put steps.sh <<'E'
#!/bin/bash
#SBATCH -n2 --exclusive --checkpoint-interval=10 --no-requeue
srun ./step.sh "$1"
echo "step $?" >>"$1.end"
E
    put count.sh <<'E'
#!/bin/bash
#SBATCH --checkpoint-interval=10
echo begins | tee -a "starts.$SLURM_JOB_ID"
for i in {1..6}; do sleep 1; echo "$i"; done
[ -z "$1" ] || [ -e "$1" ] || exit 7
echo ends
E
}

over() {
    within "$2" is_state "$1" "COMPLETED FAILED CANCELLED TIMEOUT NODE_FAIL PREEMPTED" ||
        { tell "$1"; return 1; }
}

# ends_as JOB SECONDS STATE EXITCODE
ends_as() {
    over "$1" "$2" || return 1
    [ "$(state_of "$1") $(field_of "$1" ExitCode)" = "$3 $4" ] || { tell "$1"; return 1; }
}

# again JOB: it is over and is requeued by hand; until it is over once more
again() {
    local n
    n=$(field_of "$1" Restarts)
    as scontrol requeue "$1"
    within 60 has_restarts "$1" $((n + 1))
    over "$1" 90
}

output_of() { cat "$(home)/slurm-$1.out"; }
is_output() { [ "$(output_of "$1")" = "$(printf '%s\n' "${@:2}")" ] || { tell "$1"; return 1; }; }
one_line() { [ "$(grep -c '^ckpt: ' "$(home)/slurm-$1.out")" = 1 ] && has "slurm-$1.out" "$2" || { tell "$1"; return 1; }; }
# starts JOB N: its script was begun N times
starts() { [ "$(wc -l <"$(home)/starts.$1")" = "$2" ] || { tell "$1"; return 1; }; }
journal_has() { grep -q " $2" "$(home)/ckpt.$1/journal"; }

# goes_on JOB NAME: a new job goes on from the old one's images to the same end
goes_on() {
    local new
    not test -e "$(home)/$2.end"
    new=$(submit --checkpoint-restart="$1" steps.sh "$2")
    succeeds "$new" 90 || return 1
    for r in 0 1; do
        [ "$(cat "$(home)/$2.$r")" = "$(printf '%s\n' {1..8})" ] || { tell "$new"; return 1; }
    done
    [ "$(cat "$(home)/$2.end")" = "step 0" ] || { tell "$new"; return 1; }
}

preempted() {
    local id
    id=$(submit -p "$1" steps.sh "$2")
    within 60 has "$2.0" '^3$'
    preempt "$id"
    over "$id" 60
    [ "$(state_of "$id")" = PREEMPTED ] || { tell "$id"; return 1; }
    not has_restarts "$id" 1
    one_line "$id" "preempted .* sbatch --checkpoint-restart=$id "
    goes_on "$id" "$2"
}

@test "--no-requeue: a preempted job ends as preempted and tells how to go on" {
    preempted low plain
    no_processes
}

@test "--no-requeue where Slurm cancels what it preempts" {
    preempted cancel cancelled
}

@test "--no-requeue at the time limit: ends as timed out and tells how to go on" {
    id=$(submit --no-requeue --time=1 --checkpoint-interval=10 --checkpoint-lead=0:55 \
        --wrap 'srun sleep 100; echo "step $?"; sleep 100')
    within 60 has_sets "$id" 1
    over "$id" 150
    [ "$(state_of "$id")" = TIMEOUT ]
    one_line "$id" "time limit .* sbatch --checkpoint-restart=$id "
}

@test "a job that is requeued after it has ended starts anew" {
    id=$(submit count.sh)
    within 60 has "slurm-$id.out" '^2$'
    as ckpt checkpoint --wait "$id"
    succeeds "$id" 60
    is_output "$id" begins {1..6} ends
    again "$id"
    ends_as "$id" 1 COMPLETED 0:0
    starts "$id" 2
    is_output "$id" begins {1..6} ends
    # the old sets stay until there is a new one
    has_sets "$id" 1
    run as ckpt list "$id"
    [[ $output == *"ended with status 0"* ]]
    run as ckpt status "$id"
    [ "$status" = 3 ]
    [[ $output == *"exit status 0"* ]]
    as scontrol requeue "$id"
    within 60 starts "$id" 3
    within 60 has "slurm-$id.out" '^2$'
    as ckpt checkpoint --wait "$id"
    [ "$(sets_of "$id")" = 1 ]
    succeeds "$id" 60
    is_output "$id" begins {1..6} ends
}

@test "a task of an array that is requeued after it has ended starts anew" {
    id=$(submit --array=1-2 count.sh)
    within 60 has "slurm-${id}_1.out" '^2$'
    one=$(field_of "${id}_1" JobId)
    within 60 as ckpt checkpoint --wait "$one"
    succeeds "${id}_1" 60
    within 60 is_state "${id}_2" COMPLETED
    first=$(output_of "${id}_1")
    again "${id}_1"
    starts "$one" 2
    [ "$(output_of "${id}_1")" = "$first" ]
    [ "$first" = "$(printf '%s\n' begins {1..6} ends)" ]
}

@test "--checkpoint-restart of a job that has ended goes on, and says what it does" {
    id=$(submit count.sh)
    within 60 has "slurm-$id.out" '^3$'
    as ckpt checkpoint --wait "$id"
    succeeds "$id" 60
    new=$(submit --checkpoint-restart="$id" count.sh)
    succeeds "$new" 60
    one_line "$new" "has ended with status 0; going on from its image set 1"
    not has "slurm-$new.out" '^2$'
    has "slurm-$new.out" '^ends$'
}

@test "a job that fails by its own fault is not requeued, and then starts anew" {
    id=$(submit count.sh fixed.own)
    within 60 has "slurm-$id.out" '^2$'
    as ckpt checkpoint --wait "$id"
    ends_as "$id" 60 FAILED 7:0
    not has_restarts "$id" 1
    is_output "$id" begins {1..6}
    as touch fixed.own
    again "$id"
    starts "$id" 2
    is_output "$id" begins {1..6} ends
}

@test "a job that was cancelled goes on when it is requeued, whatever it does at SIGTERM" {
    put trap.sh <<'E'
#!/bin/bash
#SBATCH --checkpoint-interval=10
trap 'exit 0' TERM
for i in {1..6}; do sleep 1 & wait; echo "$i"; done >>trap.out
E
    id=$(submit trap.sh)
    within 60 has trap.out '^2$'
    as ckpt checkpoint --wait "$id"
    as scancel "$id"
    over "$id" 60
    again "$id"
    ends_as "$id" 1 COMPLETED 0:0
    [ "$(cat "$(home)/trap.out")" = "$(printf '%s\n' {1..6})" ]
}

@test "--checkpoint-on=failure: a job that fails goes on from its newest set" {
    id=$(submit --checkpoint-on=timeout,preempt,failure count.sh fixed.later)
    within 60 has "slurm-$id.out" '^2$'
    as ckpt checkpoint --wait "$id"
    within 60 journal_has "$id" failure
    as touch fixed.later
    within 60 has_restarts "$id" 1
    succeeds "$id" 60
    starts "$id" 1
    is_output "$id" begins {1..6} ends
}

@test "--checkpoint-on=failure: not again without a new set" {
    id=$(submit --checkpoint-on=failure count.sh never)
    within 60 has "slurm-$id.out" '^2$'
    as ckpt checkpoint --wait "$id"
    within 60 has_restarts "$id" 1
    ends_as "$id" 60 FAILED 7:0
    [ "$(field_of "$id" Restarts)" = 1 ]
    one_line "$id" "status 7 and is not requeued: no image set is newer"
}

@test "--checkpoint-on=failure: without any set not at all" {
    id=$(submit --checkpoint-on=failure count.sh never)
    ends_as "$id" 60 FAILED 7:0
    not has_restarts "$id" 1
    one_line "$id" "status 7 and is not requeued: there is no image set"
}

@test "--checkpoint-failures=N: not more often than N times" {
    id=$(submit --checkpoint-on=failure --checkpoint-failures=2 \
        --wrap 'until rm go; do sleep 0.2; done 2>/dev/null; kill -SEGV $$')
    for n in 1 2 3; do
        within 60 as ckpt checkpoint --wait "$id"
        as touch go
        within 60 not test -e "$(home)/go"
        [ $n = 3 ] || within 60 has_restarts "$id" $n || { tell "$id"; return 1; }
    done
    over "$id" 60
    [ "$(state_of "$id")" = FAILED ]
    [ "$(field_of "$id" Restarts)" = 2 ]
    one_line "$id" "is not requeued: it was requeued after 2 failures"
}

@test "--checkpoint-on=failure: what was told to end is not requeued, and not over" {
    id=$(submit --checkpoint-on=failure count.sh)
    within 60 has "slurm-$id.out" '^2$'
    as ckpt checkpoint --wait --kill "$id"
    over "$id" 60
    not has_restarts "$id" 1
    again "$id"
    ends_as "$id" 1 COMPLETED 0:0
    starts "$id" 1
    is_output "$id" begins {1..6} ends
}

@test "a restart that cannot be is no end of the computation" {
    put open.sh <<'E'
#!/bin/bash
#SBATCH --checkpoint-interval=10
exec 3<needed
for i in {1..6}; do sleep 1; echo "$i"; done
cat <&3
E
    echo treasure | put needed
    id=$(submit open.sh)
    within 60 has "slurm-$id.out" '^2$'
    as ckpt checkpoint --wait "$id"
    as scancel "$id"
    over "$id" 60
    as mv needed elsewhere
    again "$id"
    ends_as "$id" 1 FAILED 1:0
    as mv elsewhere needed
    again "$id"
    ends_as "$id" 1 COMPLETED 0:0
    [ "$(tail -n 1 "$(home)/slurm-$id.out")" = treasure ]
}
