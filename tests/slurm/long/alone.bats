#!/usr/bin/env bats
# What nobody can requeue reaches its time limit: srun from a login node, and
# a shell of salloc on a node. Half a minute late, as Slurm has it.

# What stands in single quotes is for the job.
# shellcheck disable=SC2016,SC1010,SC2094,SC2034
load ../helper
CLUSTER=$BATS_TEST_DIRNAME/../cluster

setup_file() { cluster_up; }
teardown_file() { cluster_down; }
setup() { [ -z "${SKIP_ALL:-}" ] || skip "$SKIP_ALL"; }

queued() { as squeue -h -n "$1" -o %A | sort -n | sed 1q; }
is_queued() { [ -n "$(queued "$1")" ]; }

@test "srun and salloc tell at their time limit how to go on, and do" {
    put count.task <<'E2'
#!/bin/bash
for i in {1..120}; do sleep 1; echo "$i" >>"$1"; done
E2
    put shell.sh <<'E2'
#!/bin/bash
srun -n1 ./count.task shell.count
echo "ends with $?" >shell.end
E2
    args=(-t 1 --checkpoint-interval=10 --checkpoint-lead=0:30 -n1)
    as srun -J step "${args[@]}" ./count.task step.count >"$(home)/step.err" 2>&1 3>&- &
    step=$!
    as script -qec "env SHELL=$(home)/shell.sh salloc -J shell ${args[*]}" /dev/null \
        </dev/null >"$(home)/shell.err" 2>&1 3>&- &
    shell=$!
    within 60 is_queued step || { cat "$(home)/step.err"; false; }
    within 60 is_queued shell
    one=$(queued step) two=$(queued shell)
    not wait $step
    wait $shell || true
    cat "$(home)/step.err" "$(home)/shell.err"
    has step.err "^ckpt: job $one has reached its time limit and is not requeued; srun --checkpoint-restart=$one PROGRAM goes on"
    has shell.err "ckpt: job $two has reached its time limit and is not requeued; salloc --checkpoint-restart=$two goes on"
    as srun --checkpoint-interval=10 --checkpoint-restart="$one" -n1 ./count.task step.count 3>&- &
    step=$!
    as script -qec "env SHELL=$(home)/shell.sh salloc --checkpoint-restart=$two -n1" /dev/null </dev/null 3>&-
    wait $step
    [ "$(cat "$(home)/step.count")" = "$(seq 120)" ]
    [ "$(cat "$(home)/shell.count")" = "$(seq 120)" ]
    has shell.end 'ends with 0'
}
