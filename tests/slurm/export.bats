#!/usr/bin/env bats
# The environment of a job and of its steps, whatever --export says: that of
# a job without us, and what docs/architecture.md lists.

# What stands in single quotes is for the job.
# shellcheck disable=SC2016,SC1010,SC2094,SC2034
load helper

setup_file() { cluster_up; }
teardown_file() { cluster_down; }
setup() { [ -z "${SKIP_ALL:-}" ] || skip "$SKIP_ALL"; }

# What is another one in each job and step: its value does not count.
VARIES='SLURM_(JOB_ID|JOBID|TASK_PID|STEP_LAUNCHER_PORT|SRUN_COMM_PORT|TOPOLOGY_ADDR|JOB_(START|END)_TIME)'

# By these sbatch hands its options on to the job.
SLURMS='SLURM_SPANK__SLURM_SPANK_OPTION_ckpt_'

# environment FILE: by name, of a file that `env -0` has written
environment() {
    tr '\n\0' ' \n' <"$(home)/$1" | sed -E "s/^($VARIES)=.*/\1/" | LC_ALL=C sort
}
# ours FILE: what of it is not in the file of the job without us, and what of
# that is missing
ours() { diff <(environment "plain.$1") <(environment "saved.$1") | grep '^[<>]'; }

# alike EXPORT EXPORT: of sbatch and of srun
alike() {
    local id kind where
    put envs.sh <<E
#!/bin/bash
/usr/bin/env -0 >\$1.batch
/usr/bin/srun $2 /usr/bin/env -0 >\$1.step
E
    for kind in plain saved; do
        local args=(--parsable)
        [ -z "$1" ] || args+=("$1")
        [ $kind = plain ] || args+=(--checkpoint-interval=10)
        id=$(as env FOO=outer BAR='with spaces' sbatch "${args[@]}" envs.sh $kind)
        succeeds "$id" 90
    done
    for where in batch step; do
        run ours $where
        echo "--- $where: $output"
        # none is missing, none has another value
        not grep -q '^<' <<<"$output"
        [ "$(sed -E "s/^> ([A-Za-z0-9_]+).*/\1/; /^($SLURMS)/d" <<<"$output" | tr '\n' ' ')" = \
            'CKPT_DIR CKPT_STDIO CKPT_TREE LD_PRELOAD ' ]
    done
}

@test "sbatch --export=ALL, srun as it is" {
    alike '' ''
}

@test "sbatch --export=NONE, srun as it is" {
    alike --export=NONE ''
}

@test "sbatch --export=NONE, srun --export=ALL" {
    alike --export=NONE --export=ALL
}

@test "sbatch --export=ALL, srun --export=NONE" {
    alike --export=ALL --export=NONE
}

@test "sbatch --export=FOO, srun --export=BAR=1" {
    alike --export=FOO --export=BAR=1
}

@test "sbatch --export=FOO=1,BAR, srun --export=ALL,FOO=2" {
    alike --export=FOO=1,BAR --export=ALL,FOO=2
}

@test "a preload of the user's own stays behind ours" {
    lib=$(ldconfig -p | sed -n 's/.* => \(.*libm\.so\.6\)$/\1/p' | sed 1q)
    id=$(as env LD_PRELOAD="$lib" sbatch --parsable --checkpoint-interval=10 \
        --wrap 'echo "batch $LD_PRELOAD"; srun bash -c '\''echo "step $LD_PRELOAD"'\')
    succeeds "$id" 60
    has "slurm-$id.out" "^batch .*/libckpt.so:$lib\$"
    has "slurm-$id.out" "^step .*/libckpt.so:$lib\$"
}
