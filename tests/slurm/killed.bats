#!/usr/bin/env bats
# While Slurm is ending a job, nothing of what is left of it becomes the set
# that the job goes on from.

# What stands in single quotes is for the job.
# shellcheck disable=SC2016,SC1010,SC2094,SC2034
load helper

setup_file() { cluster_up; }
teardown_file() { cluster_down; }
setup() { [ -z "${SKIP_ALL:-}" ] || skip "$SKIP_ALL"; }

as_root() (
    # shellcheck disable=SC1091
    . "$SLURM_DIR/env"
    export SLURM_CONF
    "$@"
)

newest_of() { find "$(home)/ckpt.$1" -path '*/set-*/MANIFEST' | sort | tail -n 1; }
is_newer() { [[ $(newest_of "$1") > "$2" ]]; }

# A shell that lives on after TERM, until KILL comes, and sees its child die.
survivor() {
    put survivor.sh <<'E'
#!/bin/bash
#SBATCH --checkpoint-interval=0:02 --exclusive
trap 'echo "is told to end"' TERM
echo "begins"
bash -c 'for i in {1..10}; do sleep 1; echo $i >>$0; done' count.$SLURM_JOB_ID &
wait $!
echo "the child has ended with $?"
for i in {1..8}; do sleep 1; done
echo "ends"
E
}

as_without_us() { # JOB
    [ "$(cat "$(home)/slurm-$1.out")" = "$(printf '%s\n' begins 'the child has ended with 0' ends)" ] &&
        [ "$(cat "$(home)/count.$1")" = "$(printf '%s\n' {1..10})" ] || { tell "$1"; return 1; }
}

@test "a set that falls due while the processes of a requeued job are killed is not taken" {
    survivor
    id=$(submit survivor.sh)
    within 60 has "count.$id" '^6$'
    as scontrol requeue "$id"
    within 60 has_restarts "$id" 1
    succeeds "$id" 120
    as_without_us "$id"
    nodes_are_well
    no_processes
}

@test "a job that is suspended is saved when it runs again" {
    survivor
    id=$(submit survivor.sh)
    within 60 has "count.$id" '^4$'
    as_root scontrol suspend "$id"
    within 20 is_state "$id" SUSPENDED
    before=$(newest_of "$id")
    sleep 5 # two turns of the clock
    [ "$(newest_of "$id")" = "$before" ]
    not has "ckpt.$id/log" failed
    as_root scontrol resume "$id"
    within 60 is_newer "$id" "$before"
    succeeds "$id" 120
    as_without_us "$id"
}

coordinator_of() { cut -d' ' -f3 "$(home)/ckpt.$1/coordinator"; }
replaced() { [ -n "$(coordinator_of "$1")" ] && [ "$(coordinator_of "$1")" != "$2" ]; }
is_protected() { as ckpt status --live "$1" | grep -q '^state *running'; }

@test "a coordinator that is killed is replaced, and the job goes on when it is preempted then" {
    put_counter
    put replaced.sh <<'E'
#!/bin/bash
#SBATCH --checkpoint-interval=10:00 --requeue -N2 --exclusive
srun -n2 ./count.task replaced 30
echo "ends in life $SLURM_RESTART_COUNT"
E
    id=$(submit replaced.sh)
    within 60 has replaced.1 '^5$'
    for _ in 1 2; do
        before=$(coordinator_of "$id")
        kill -9 "$before"
        within 20 replaced "$id" "$before"
        within 20 is_protected "$id"
    done
    preempt "$id" 1
    succeeds "$id" 120
    is_whole replaced 30 0 1
    has "slurm-$id.out" '^ends in life'
    has "ckpt.$id/log" 'takes the place of one that was killed; there were [3-9] processes'
    nodes_are_well
    no_processes
}
