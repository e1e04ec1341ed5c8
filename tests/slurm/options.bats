#!/usr/bin/env bats
# The options: where they are known, what they accept, what is refused.

# What stands in single quotes is for the job.
# shellcheck disable=SC2016,SC1010,SC2094,SC2034
load helper

setup_file() { cluster_up --plugin-args "keep=3"; }
teardown_file() { cluster_down; }
setup() { [ -z "${SKIP_ALL:-}" ] || skip "$SKIP_ALL"; }

# refused OPTION PATTERN: sbatch fails before submitting, naming the option
refused() {
    run as sbatch "$1" --wrap true
    [ "$status" -ne 0 ]
    [[ "$output" != *Submitted* ]]
    [[ "${lines[0]}" == *"${1%%=*}"* ]]
    [[ "${lines[0]}" == *"$2"* ]]
}

@test "sbatch, salloc and srun list the options" {
    for c in sbatch salloc srun; do
        run as $c --help
        for o in interval dir keep lead on failures restart required; do
            [[ "$output" == *"--checkpoint-$o"* ]]
        done
    done
}

@test "a bad interval is refused at submission with one clear line" {
    refused --checkpoint-interval=ten "must be a time"
}

@test "an interval of nothing is refused" {
    refused --checkpoint-interval=0 "must be longer"
}

@test "a bad number of sets is refused" {
    refused --checkpoint-keep=0 "at least 1"
    refused --checkpoint-keep=two "at least 1"
}

@test "a bad number of failures is refused" {
    refused --checkpoint-failures=0 "at least 1"
}

@test "a bad lead is refused" {
    refused --checkpoint-lead=soon "a time, or auto"
}

@test "an unknown event is refused" {
    refused --checkpoint-on=timeout,rain "timeout, preempt"
}

@test "a bad value in an SBATCH line is refused" {
    put bad.sh <<'E'
#!/bin/bash
#SBATCH --checkpoint-interval=1:2:3:4
true
E
    run as sbatch bad.sh
    [ "$status" -ne 0 ]
    [[ "${lines[0]}" == *--checkpoint-interval*"must be a time"* ]]
}

@test "Slurm's time format: 0:30 is thirty seconds, 10 is ten minutes" {
    id=$(submit --checkpoint-interval=0:30 --wrap 'cat $CKPT_DIR/status.json')
    succeeds "$id" 60
    has "slurm-$id.out" '"interval": *30\b'
    id=$(submit --checkpoint-interval=10 --wrap 'cat $CKPT_DIR/status.json')
    succeeds "$id" 60
    has "slurm-$id.out" '"interval": *600\b'
}

@test "an option in an SBATCH line has the same effect" {
    put ok.sh <<'E'
#!/bin/bash
#SBATCH --checkpoint-interval=0:30
cat $CKPT_DIR/status.json
E
    id=$(submit ok.sh)
    succeeds "$id" 60
    has "slurm-$id.out" '"interval": *30\b'
}

@test "options survive --export=NONE" {
    id=$(submit --export=NONE --checkpoint-interval=10 --wrap 'echo dir=$CKPT_DIR')
    succeeds "$id" 60
    has "slurm-$id.out" "dir=/.*ckpt.$id"
}

@test "site defaults stand in plugstack.conf and the user's word goes first" {
    id=$(submit --checkpoint-interval=10 --wrap 'cat $CKPT_DIR/status.json')
    succeeds "$id" 60
    has "slurm-$id.out" '"keep": *3\b'
    id=$(submit --checkpoint-interval=10 --checkpoint-keep=7 --wrap 'cat $CKPT_DIR/status.json')
    succeeds "$id" 60
    has "slurm-$id.out" '"keep": *7\b'
}

@test "a misspelt site default refuses jobs that ask, with its name" {
    "$CLUSTER" plugin "$SLURM_DIR" intervall=3
    run as sbatch --checkpoint-interval=10 --wrap true
    [ "$status" -ne 0 ]
    [[ "$output" == *plugstack.conf*intervall* ]]
    run as sbatch --parsable --wrap true
    [ "$status" -eq 0 ]
    succeeds "$output" 60
    "$CLUSTER" plugin "$SLURM_DIR" keep=3
}

@test "all that is wrong in plugstack.conf and ckpt.conf is named at once" {
    mkdir -p "$SLURM_DIR/ckpt/etc"
    printf 'keep = 2\nlaed = auto\n' >"$SLURM_DIR/ckpt/etc/ckpt.conf"
    "$CLUSTER" plugin "$SLURM_DIR" intervall=3 keep=0 dri=/tmp odd
    run as sbatch --checkpoint-interval=10 --wrap true
    "$CLUSTER" plugin "$SLURM_DIR" keep=3
    rm "$SLURM_DIR/ckpt/etc/ckpt.conf"
    [ "$status" -ne 0 ]
    for what in 'ckpt.conf:2: unknown setting "laed"' 'unknown setting "intervall"' \
        'keep=0: must be' 'unknown setting "dri"' '"odd" is not key=value' \
        'may have prefix, interval, dir, keep, lead, on, failures, required'; do
        [[ "${lines[0]}" == *"$what"* ]]
    done
}

@test "--checkpoint-dir: images go to DIR/ckpt.<job id>, closed to others" {
    id=$(submit --checkpoint-interval=10 --checkpoint-dir=im/%u --wrap 'echo $CKPT_DIR; stat -c %a $CKPT_DIR')
    succeeds "$id" 60
    has "slurm-$id.out" "/im/ckpt[0-9]*/ckpt.$id\$"
    has "slurm-$id.out" '^700$'
}

@test "a job id leads to the job's directory" {
    id=$(submit --checkpoint-interval=10 --wrap true)
    succeeds "$id" 60
    [ "$(readlink "$(home)/.ckpt/jobs/$id")" = "$(realpath "$(home)")/ckpt.$id" ]
}

@test "the first start begins with an empty output file" {
    echo old >"$(home)/same.out"
    as true
    chmod 666 "$(home)/same.out"
    id=$(submit --checkpoint-interval=10 -o same.out --wrap 'echo new')
    succeeds "$id" 60
    [ "$(cat "$(home)/same.out")" = new ]
}

@test "--open-mode=append in an SBATCH line is respected" {
    echo old >"$(home)/app.out"
    chmod 666 "$(home)/app.out"
    put app.sh <<'E'
#!/bin/bash
#SBATCH --checkpoint-interval=10 --open-mode=append -o app.out
echo new
E
    id=$(submit app.sh)
    succeeds "$id" 60
    [ "$(tr '\n' ' ' <"$(home)/app.out")" = "old new " ]
}

@test "an interactive allocation is under control" {
    run timeout 60 "$CLUSTER" run "$SLURM_DIR" script -qec \
        'salloc --checkpoint-interval=10 -Q' /dev/null <<<$'echo tree=$CKPT_TREE$CKPT_ROOT_TREE\nexit\n'
    [[ "$output" == *tree=interactive* ]]
}

@test "srun outside of a job has checkpoints of its own" {
    run timeout 60 "$CLUSTER" run "$SLURM_DIR" srun -N2 -n2 --checkpoint-interval=10 \
        bash -c 'echo $CKPT_DIR $CKPT_TREE$CKPT_ROOT_TREE'
    [ "$status" -eq 0 ]
    [[ "$output" == */ckpt.[0-9]*srun-0.0* ]]
    [[ "$output" == *srun-0.1* ]]
}
