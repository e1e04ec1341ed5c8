#!/usr/bin/env bats
# A job outlives its time limit. Here with a lead that makes the runs short;
# long/limit.bats has the learned one.

# What stands in single quotes is for the job.
# shellcheck disable=SC2016,SC1010,SC2094,SC2034
load helper

setup_file() { cluster_up; }
teardown_file() { cluster_down; }
setup() { [ -z "${SKIP_ALL:-}" ] || skip "$SKIP_ALL"; }

@test "a job that needs more than its limit is requeued before it, and ends" {
    put limit.sh <<'E'
#!/bin/bash
#SBATCH --time=1 --checkpoint-interval=10 --checkpoint-lead=0:50
for i in {1..15}; do sleep 1; echo "$i"; done
E
    id=$(submit limit.sh)
    succeeds "$id" 180
    has_restarts "$id" 1
    [ "$(cat "$(home)/slurm-$id.out")" = "$(printf '%s\n' {1..15})" ]
}

@test "--no-requeue: the last image set is taken, and the job runs on" {
    id=$(submit --no-requeue --time=1 --checkpoint-interval=10 \
        --checkpoint-lead=0:55 --wrap 'sleep 12; echo done')
    succeeds "$id" 120
    not has_restarts "$id" 1
    has_sets "$id" 1
    [ "$(cat "$(home)/slurm-$id.out")" = done ]
}

@test "--checkpoint-on=preempt: nothing happens before the limit" {
    id=$(submit --time=1 --checkpoint-on=preempt --checkpoint-lead=0:55 \
        --wrap 'sleep 12; echo done')
    succeeds "$id" 120
    not has_restarts "$id" 1
    not has_sets "$id" 1
}
