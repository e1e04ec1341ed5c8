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

# goes_on PATTERN ARGS...: the job runs without checkpoints and says why, in
# one line and nothing else
goes_on() {
    local why=$1 id
    shift
    id=$(submit "$@" --wrap 'echo did its work; srun echo and more')
    succeeds "$id" 90
    cat "$(home)/slurm-$id.out"
    has "slurm-$id.out" "^ckpt: running without checkpoints: .*$why"
    [ "$(sed 1d "$(home)/slurm-$id.out")" = $'did its work\nand more' ]
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

@test "what the loader says of the runtime is said in our words" {
    local lib=$SLURM_DIR/ckpt/lib/ckpt/libckpt.so
    : >"$lib"
    both 'libckpt.so: cannot be loaded: file too short$' --checkpoint-interval=10
    printf '\177ELF\001' | dd of="$lib" conv=notrunc status=none
    truncate -s 5000 "$lib"
    goes_on 'libckpt.so: cannot be loaded: wrong ELF class: ELFCLASS32$' --checkpoint-interval=10
    chmod 600 "$lib"
    goes_on 'libckpt.so: .*[Pp]ermission denied|cannot open' --checkpoint-interval=10
}

@test "a runtime, a command or a plugin of another release is found" {
    sed -i 's/0\.1\.0, protocol/0.0.9, protocol/' "$SLURM_DIR/ckpt/lib/ckpt/libckpt.so"
    both 'libckpt.so: it is of release 0\.0\.9, .*, and ckpt of 0\.1\.0' --checkpoint-interval=10
    sed -i 's/0\.1\.0, protocol/0.0.9, protocol/' "$SLURM_DIR/ckpt/bin/ckpt"
    goes_on 'libckpt.so: it is of release 0\.0\.9, .*, and the plugin of 0\.1\.0' --checkpoint-interval=10
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
srun -n1 bash -c 'echo did its work; env | grep -E "libckpt|^CKPT" >lost.env'
kill -CONT $pid
E
    id=$(submit lost.sh)
    succeeds "$id" 120
    has "slurm-$id.out" '^did its work$'
    has "slurm-$id.out" 'ckpt: running without checkpoints: the job.s coordinator cannot be reached'
    # nor is there anything of ours that a loader could complain about
    [ "$(grep -v ^CKPT_PREFIX_DIR "$(home)/lost.env")" = CKPT_OFF=1 ]
}

@test "no set is taken beside a task that runs without checkpoints" {
    put beside.sh <<'E'
#!/bin/bash
#SBATCH --checkpoint-interval=10
read -r host port pid node <$CKPT_DIR/coordinator
kill -STOP $pid
srun -n1 bash -c 'echo here >beside.here; while [ ! -e beside.go ]; do sleep 0.2; done'
while [ ! -e beside.end ]; do sleep 0.2; done
E
    id=$(submit beside.sh)
    within 60 has beside.here here
    as bash -c "read -r host port pid node <ckpt.$id/coordinator; kill -CONT \$pid"
    run as ckpt checkpoint --wait "$id"
    [ "$status" -ne 0 ]
    [[ "$output" == *"task srun-"*".0 runs without checkpoints: the job's coordinator cannot be reached"* ]]
    not has_sets "$id" 1
    as touch beside.go
    within 30 as ckpt checkpoint --wait "$id"
    has_sets "$id" 1
    as touch beside.end
    succeeds "$id" 60
}

@test "--checkpoint-restart names what is not there" {
    id=$(submit --checkpoint-restart=999999 --wrap 'echo did its work')
    ends "$id" 60
    is_state "$id" FAILED
    has "slurm-$id.out" '^ckpt: cannot go on from the image set: .*999999'
    not has "slurm-$id.out" 'did its work'
}
