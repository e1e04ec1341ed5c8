#!/usr/bin/env bats
# Heterogeneous jobs and steps: several components, each with its own ranks,
# are one computation, and go on together.

# What stands in single quotes is for the job.
# shellcheck disable=SC2016,SC1010,SC2094,SC2034
load helper

setup_file() { cluster_up --nodes 3; }
teardown_file() { cluster_down; }
setup() {
    [ -z "${SKIP_ALL:-}" ] || skip "$SKIP_ALL"
    put_counter
}

output_of() { LC_ALL=C sort "$(home)/slurm-$1.out"; }

@test "one srun over both components has a set with every rank" {
    id=$(submit --checkpoint-interval=10 -N1 -n2 : -N1 -n2 \
        --wrap 'srun --het-group=0,1 ./count.task joined 20')
    within 60 has joined.3 '^2$'
    run as ckpt checkpoint --wait "$id"
    [ "$status" -eq 0 ]
    succeeds "$id" 60
    is_whole joined 20 0 1 2 3
}

@test "the whole is preempted, and all ranks of both components go on" {
    id=$(submit --checkpoint-interval=10 --exclusive -N1 -n2 : --exclusive -N2 -n2 \
        --wrap 'srun --het-group=0,1 ./count.task both 20; echo "ends with $?"')
    within 60 has both.3 '^3$'
    preempt "$id" 1
    succeeds "$id" 120
    is_whole both 20 0 1 2 3
    [ "$(output_of "$id")" = "$(printf '%s\n' 'both 0 has counted' \
        'both 1 has counted' 'both 2 has counted' 'both 3 has counted' \
        'ends with 0')" ]
    nodes_are_well
}

@test "one srun in each component at the same time, twice in a row" {
    put each.sh <<'E2'
#!/bin/bash
srun --het-group=0 ./count.task first 30 &
srun --het-group=1 ./count.task second 30 &
wait
E2
    id=$(submit --checkpoint-interval=10 --exclusive -N1 -n2 : --exclusive -N2 -n2 each.sh)
    within 60 has second.1 '^3$'
    preempt "$id" 1
    within 60 has second.1 '^12$'
    preempt "$id" 2
    succeeds "$id" 120
    is_whole first 30 0 1
    is_whole second 30 0 1
    [ "$(output_of "$id")" = "$(printf '%s\n' 'first 0 has counted' \
        'first 1 has counted' 'second 0 has counted' 'second 1 has counted')" ]
}

@test "srun a : b, a program for each component; who had ended is not run again" {
    put other.task <<'E2'
#!/bin/bash
echo here >>other.$SLURM_PROCID
exit 3
E2
    id=$(submit --checkpoint-interval=10 --exclusive -N1 -n1 : --exclusive -N1 -n1 \
        --wrap 'srun -K0 -W0 ./count.task a 20 : ./other.task 2>/dev/null; echo "ends with $?"')
    within 60 has a.0 '^3$'
    within 60 has other.1 here
    preempt "$id" 1
    succeeds "$id" 120
    is_whole a 20 0
    [ "$(cat "$(home)/other.1")" = here ]
    [ "$(output_of "$id")" = "$(printf '%s\n' 'a 0 has counted' 'ends with 3')" ]
}

@test "a step of several components in an ordinary job" {
    id=$(submit --checkpoint-interval=10 --exclusive -N2 -n2 \
        --wrap 'srun -N1 -n1 ./count.task x 20 : -N1 -n2 ./count.task y 20')
    within 60 has y.2 '^3$'
    preempt "$id" 1
    succeeds "$id" 120
    is_whole x 20 0
    is_whole y 20 1 2
}

@test "--checkpoint-restart: a new job of other ids goes on from the old one's" {
    put old.sh <<'E2'
#!/bin/bash
#SBATCH --checkpoint-interval=10 --exclusive -N1 -n1
#SBATCH hetjob
#SBATCH --checkpoint-interval=10 --exclusive -N1 -n2
srun --het-group=0,1 ./count.task old 20
E2
    id=$(submit old.sh)
    within 60 has old.2 '^3$'
    as ckpt checkpoint --wait "$id"
    as scancel "$id"
    ends "$id" 60
    new=$(submit --checkpoint-restart="$id" old.sh)
    succeeds "$new" 90
    is_whole old 20 0 1 2
}
