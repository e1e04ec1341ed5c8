#!/usr/bin/env bats
# A job that is preempted is checkpointed, requeued, and goes on in the
# middle. The same claims for each kind of process tracking.

# What stands in single quotes is for the job.
# shellcheck disable=SC2016,SC1010,SC2094,SC2034
load helper

setup_file() { cluster_up --proctrack "${PROCTRACK:-linuxproc}"; }
teardown_file() { cluster_down; }
setup() { [ -z "${SKIP_ALL:-}" ] || skip "$SKIP_ALL"; }

@test "a script goes on in the middle of its loop" {
    put loop.sh <<'E'
#!/bin/bash
#SBATCH --checkpoint-interval=10 --exclusive
echo "begins"
secret=$RANDOM.$RANDOM
echo "$secret" >secret.$SLURM_JOB_ID
for i in {1..10}; do
    sleep 1
    echo "$i" | tee -a loop.$SLURM_JOB_ID
done
[ "$secret" = "$(cat secret.$SLURM_JOB_ID)" ] && echo "ends as it began"
E
    id=$(submit loop.sh)
    within 60 has "loop.$id" '^3$'
    preempt "$id"
    succeeds "$id" 120
    has_restarts "$id" 1
    [ "$(cat "$(home)/slurm-$id.out")" = "$(printf '%s\n' begins {1..10} 'ends as it began')" ]
    [ "$(cat "$(home)/loop.$id")" = "$(printf '%s\n' {1..10})" ]
    nodes_are_well
    no_processes
}

@test "the tasks of an srun on two nodes go on by rank" {
    put task.sh <<'E'
#!/bin/bash
echo "task $SLURM_PROCID begins" >>$1.$SLURM_PROCID
for i in {1..10}; do
    sleep 1
    echo "$i" >>$1.$SLURM_PROCID
done
[ $SLURM_PROCID != 0 ] || echo "task 0 speaks"
exit $((SLURM_PROCID == 3 ? 7 : 0))
E
    put step.sh <<'E'
#!/bin/bash
#SBATCH --checkpoint-interval=10 -N2 -n4 --exclusive
echo "before"
srun -K0 ./task.sh tasks.$SLURM_JOB_ID 2>/dev/null
echo "status $?"
srun -Q -N1 -n1 echo "another step"
E
    id=$(submit step.sh)
    within 60 has "tasks.$id.3" '^4$'
    preempt "$id"
    succeeds "$id" 120
    has_restarts "$id" 1
    for r in 0 1 2 3; do
        [ "$(cat "$(home)/tasks.$id.$r")" = "$(printf '%s\n' "task $r begins" {1..10})" ]
    done
    [ "$(cat "$(home)/slurm-$id.out")" = "$(printf '%s\n' before 'task 0 speaks' 'status 7' 'another step')" ]
    nodes_are_well
    no_processes
}

@test "a task that had ended is not run again" {
    put early.sh <<'E'
#!/bin/bash
echo "task $SLURM_PROCID" >>early.$SLURM_JOB_ID
[ $SLURM_PROCID != 1 ] || exit 5
for i in {1..10}; do sleep 1; echo "$i" >>late.$SLURM_JOB_ID; done
E
    id=$(submit --checkpoint-interval=10 -N2 -n2 --exclusive \
        --wrap 'srun -K0 -W0 ./early.sh 2>/dev/null; echo status $?')
    within 60 has "late.$id" '^3$'
    preempt "$id"
    succeeds "$id" 120
    [ "$(sort "$(home)/early.$id" | tr '\n' ' ')" = "task 0 task 1 " ]
    [ "$(cat "$(home)/slurm-$id.out")" = "status 5" ]
}

@test "a task goes on that would be told of the signal: a pipeline" {
    put w.py <<'E'
import time
for i in range(12, 0, -1):
    print("line %02d" % i, flush=True)
    with open("w.out", "a") as f:
        f.write("%d\n" % i)
    time.sleep(1)
E
    id=$(submit --checkpoint-interval=10 --exclusive --wrap \
        'srun -n1 bash -c "python3 w.py | sort"; echo status $?')
    within 60 has w.out '^9$'
    preempt "$id"
    succeeds "$id" 120
    has_restarts "$id" 1
    [ "$(cat "$(home)/slurm-$id.out")" = "$(printf 'line %02d\n' {1..12}; echo status 0)" ]
    [ "$(cat "$(home)/w.out")" = "$(printf '%s\n' {12..1})" ]
}

@test "a task goes on that would be told of the signal: many short commands" {
    put short.sh <<'E'
#!/bin/bash
while [ $SECONDS -lt 20 ]; do
    /bin/true || echo "a command ended with $?"
    [ $SECONDS -lt 3 ] || [ -e short.out ] || echo >short.out
done
echo "done"
E
    id=$(submit --checkpoint-interval=10 --exclusive --wrap \
        'srun -n1 ./short.sh; echo status $?')
    within 60 has short.out ''
    preempt "$id"
    succeeds "$id" 120
    has_restarts "$id" 1
    [ "$(cat "$(home)/slurm-$id.out")" = "$(printf '%s\n' 'done' 'status 0')" ]
}

@test "a job that is not preempted has no part in it" {
    id=$(submit --checkpoint-interval=10 --wrap 'sleep 2; echo fine')
    succeeds "$id" 60
    [ "$(cat "$(home)/slurm-$id.out")" = fine ]
    not has_restarts "$id" 1
    no_processes
}

@test "--checkpoint-restart: a new job goes on from an older one's images" {
    put old.sh <<'E'
#!/bin/bash
#SBATCH --checkpoint-interval=10
for i in {1..8}; do sleep 1; echo "$i"; done >>old.out
echo done
E
    id=$(submit old.sh)
    within 60 has old.out '^2$'
    as ckpt checkpoint --wait "$id"
    as scancel "$id"
    ends "$id" 60
    new=$(submit --checkpoint-restart="$id" old.sh)
    succeeds "$new" 90
    [ "$(cat "$(home)/old.out")" = "$(printf '%s\n' {1..8})" ]
    has "slurm-$new.out" '^done$'
}
