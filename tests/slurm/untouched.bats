#!/usr/bin/env bats
# A job that did not ask is untouched.

# What stands in single quotes is for the job.
# shellcheck disable=SC2016,SC1010,SC2094,SC2034
load helper

setup_file() { cluster_up; }
teardown_file() { cluster_down; }
setup() { [ -z "${SKIP_ALL:-}" ] || skip "$SKIP_ALL"; }

@test "no environment variable" {
    id=$(submit -n2 --wrap 'env; srun env')
    succeeds "$id" 60
    has "slurm-$id.out" SLURM_JOB_ID
    sed -i '/CKPT_PREFIX_DIR/d; /SLURM_CONF/d' "$(home)/slurm-$id.out"
    not grep -E '^(LD_PRELOAD|CKPT|LD_AUDIT)|checkpoint|libckpt' "$(home)/slurm-$id.out"
}

@test "no library" {
    id=$(submit --wrap 'cat /proc/$$/maps; srun cat /proc/self/maps')
    succeeds "$id" 60
    has "slurm-$id.out" libc.so
    not grep ckpt/lib "$(home)/slurm-$id.out"
}

@test "no process and no directory" {
    id=$(submit --wrap 'ps -u $(id -u) -o args; ls -d ckpt* .ckpt 2>/dev/null; true')
    succeeds "$id" 60
    has "slurm-$id.out" slurm_script
    not grep -E 'coordinator|ckpt\.[0-9]|\.ckpt' "$(home)/slurm-$id.out"
}

@test "not made requeueable, its output not appended to" {
    id=$(submit --no-requeue --hold --wrap true)
    [ "$(field_of "$id" Requeue)" = 0 ]
    as scancel "$id"
    echo old >"$(home)/o.out"
    chmod 666 "$(home)/o.out"
    id=$(submit -o o.out --wrap 'echo new')
    succeeds "$id" 60
    [ "$(cat "$(home)/o.out")" = new ]
}

@test "one submitted from inside a checkpointed job" {
    put outer.sh <<'E'
#!/bin/bash
#SBATCH --checkpoint-interval=10
sbatch -W -o inner.out --wrap 'env; cat /proc/$$/maps'
E
    id=$(submit outer.sh)
    succeeds "$id" 90
    has inner.out SLURM_JOB_ID
    sed -i '/CKPT_PREFIX_DIR/d; /SLURM_CONF/d' "$(home)/inner.out"
    not grep -E '^(LD_PRELOAD|CKPT)|ckpt_checkpoint|ckpt/lib' "$(home)/inner.out"
}
