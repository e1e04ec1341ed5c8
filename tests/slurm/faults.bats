#!/usr/bin/env bats
# What goes wrong costs the checkpoints, never the job or the node; or, with
# --checkpoint-required, the job, with the reason.

# What stands in single quotes is for the job.
# shellcheck disable=SC2016,SC1010,SC2094,SC2034
load helper

setup_file() { cluster_up; }
teardown_file() { cluster_down; }
setup() { [ -z "${SKIP_ALL:-}" ] || skip "$SKIP_ALL"; }
teardown() {
    [ -z "${SKIP_ALL:-}" ] || return 0
    rm -rf "$SLURM_DIR/ckpt"
    cp -a "$TREE" "$SLURM_DIR/ckpt"
    chmod -R go+rX "$SLURM_DIR/ckpt"
    within 30 nodes_are_well
}

# goes_on PATTERN ARGS...: the job runs without checkpoints and says why once
goes_on() {
    local why=$1 id
    shift
    id=$(submit "$@" --wrap 'echo did its work')
    succeeds "$id" 90
    has "slurm-$id.out" '^did its work$'
    has "slurm-$id.out" "^ckpt: running without checkpoints: .*$why"
    [ "$(grep -c ckpt: "$(home)/slurm-$id.out")" = 1 ]
}

# fails PATTERN ARGS...
fails() {
    local why=$1 id
    shift
    id=$(submit --checkpoint-required "$@" --wrap 'echo did its work')
    ends "$id" 90
    is_state "$id" FAILED
    not has "slurm-$id.out" 'did its work'
    has "slurm-$id.out" "^ckpt: checkpoints are required and impossible: .*$why"
}

both() {
    goes_on "$@"
    fails "$@"
}

@test "the runtime is missing" {
    rm "$SLURM_DIR/ckpt/lib/ckpt/libckpt.so"
    both libckpt.so --checkpoint-interval=10
}

@test "the runtime is broken" {
    truncate -s 5000 "$SLURM_DIR/ckpt/lib/ckpt/libckpt.so"
    both libckpt.so --checkpoint-interval=10
}

@test "the program ckpt is missing" {
    rm "$SLURM_DIR/ckpt/bin/ckpt"
    both bin/ckpt --checkpoint-interval=10
}

@test "the directory cannot be written" {
    mkdir -p "$(home)/closed" && chown root: "$(home)/closed"
    both closed --checkpoint-interval=10 --checkpoint-dir=closed
}

@test "the coordinator does not start" {
    mv "$SLURM_DIR/ckpt/bin/ckpt" "$SLURM_DIR/ckpt/bin/ckpt.real"
    cat >"$SLURM_DIR/ckpt/bin/ckpt" <<'E'
#!/bin/sh
[ "$1" = coordinator ] && { echo "no luck today" >&2; exit 1; }
exec "$0.real" "$@"
E
    chmod 755 "$SLURM_DIR/ckpt/bin/ckpt"
    both "no luck today" --checkpoint-interval=10
}

@test "an srun that cannot reach the job's coordinator" {
    put lost.sh <<'E'
#!/bin/bash
#SBATCH --checkpoint-interval=10
read -r host port pid node <$CKPT_DIR/coordinator
kill -STOP $pid
srun -n1 bash -c 'echo did its work'
kill -CONT $pid
E
    id=$(submit lost.sh)
    succeeds "$id" 120
    has "slurm-$id.out" '^did its work$'
    has "slurm-$id.out" 'ckpt: running without checkpoints: the job.s coordinator cannot be reached'
}

@test "--checkpoint-restart names what is not there" {
    id=$(submit --checkpoint-restart=999999 --wrap 'echo did its work')
    ends "$id" 60
    is_state "$id" FAILED
    has "slurm-$id.out" '^ckpt: cannot go on from the image set: .*999999'
    not has "slurm-$id.out" 'did its work'
}
