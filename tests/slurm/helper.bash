# helper.bash - what the tests on a private cluster have in common.
#
# A test file calls `cluster_up [options]` in setup_file and `cluster_down`
# in teardown_file. Tests act as the cluster's ordinary user through `as`.
# Everything waits for an event, with a limit that is generous because a
# machine under load is slow; nothing sleeps for a fixed time.

CLUSTER=$BATS_TEST_DIRNAME/cluster
TREE=${CKPT_TREE_DIR:-${BUILD:-$BATS_TEST_DIRNAME/../../build}/tree}

cluster_up() {
    [ "$(id -u)" = 0 ] || skip_file "needs root to start slurmd"
    command -v slurmctld >/dev/null || skip_file "no Slurm here (make deps)"
    export SLURM_DIR
    SLURM_DIR=$(mktemp -d "${TMPDIR:-/tmp}/ckpt-slurm.XXXXXX")
    "$CLUSTER" up "$SLURM_DIR" --tree "$TREE" "$@" || return 1
}

skip_file() {
    export SKIP_ALL=$1
    skip "$1"
}

cluster_down() {
    [ -n "${SLURM_DIR:-}" ] && "$CLUSTER" down "$SLURM_DIR"
}

# as COMMAND...: as the user, in its home
as() { "$CLUSTER" run "$SLURM_DIR" "$@"; }

home() { echo "$SLURM_DIR/home"; }

# put NAME: standard input becomes a file of the user's, executable
put() {
    cat >"$SLURM_DIR/home/$1"
    # shellcheck disable=SC1091
    . "$SLURM_DIR/env"
    chown "$CLUSTER_USER:" "$SLURM_DIR/home/$1"
    chmod 755 "$SLURM_DIR/home/$1"
}

# submit ARGS...: prints the job's number
submit() { as sbatch --parsable "$@"; }

# within SECONDS COMMAND...: repeats it until it succeeds
within() {
    local limit=$1 end=$((SECONDS + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        if [ $SECONDS -ge "$end" ]; then
            echo "not within $limit s: $*" >&2
            return 1
        fi
        sleep 0.2
    done
}

# of a job of several components: those of the first
state_of() { as scontrol -o show job "$1" | sed -n '1s/.*JobState=\([A-Z_]*\).*/\1/p'; }
field_of() { as scontrol -o show job "$1" | sed 1q | tr ' ' '\n' | sed -n "s/^$2=//p"; }
is_state() { [[ " $2 " == *" $(state_of "$1") "* ]]; }
has_restarts() { [ "$(field_of "$1" Restarts)" -ge "$2" ]; }

# ends JOB SECONDS: until it is over; then it must have succeeded
ends() {
    within "$2" is_state "$1" "COMPLETED FAILED CANCELLED TIMEOUT NODE_FAIL" ||
        { tell "$1"; return 1; }
}
succeeds() {
    ends "$1" "$2" || return 1
    is_state "$1" COMPLETED || { tell "$1"; return 1; }
}

# preempt JOB [N]: both nodes, for a moment; until that is over and the job
# was requeued N times
preempt() {
    local high
    high=$(submit -p high -N2 --exclusive -o /dev/null --wrap true)
    succeeds "$high" 90 || { tell "$1"; return 1; }
    [ $# -lt 2 ] || within 90 has_restarts "$1" "$2"
}

# What one wants to know of a job that did not do what it should.
tell() {
    local dir
    dir=$(home)
    as scontrol show job "$1"
    echo "--- output"; cat "$dir/slurm-$1.out"
    echo "--- journal"; cat "$dir/ckpt.$1/journal"
    echo "--- log"; tail -n 50 "$dir/ckpt.$1/log"
} >&2 2>&1

# bats does not see that a line which begins with ! fails
not() { ! "$@"; }

# has FILE PATTERN: a line in a file of the user's
has() { grep -Eq -- "$2" "$(home)/$1"; }

sets_of() { find "$(home)/ckpt.$1" -path '*/set-*/MANIFEST' 2>/dev/null | wc -l; }
has_sets() { [ "$(sets_of "$1")" -ge "$2" ]; }

# The nodes must be as usable as before.
nodes_are_well() {
    local states
    states=$(as sinfo -h -N -o %T | sort -u)
    ! grep -Eq 'drain|down|fail' <<<"$states" || { echo "nodes: $states" >&2; return 1; }
}

no_processes() {
    # shellcheck disable=SC1091
    . "$SLURM_DIR/env"
    local pid
    for pid in $(pgrep -u "$CLUSTER_USER"); do
        grep -q '^State:.Z' "/proc/$pid/status" 2>/dev/null && continue
        [ -d "/proc/$pid" ] || continue
        ps -o pid,args -p "$pid" >&2
        return 1
    done
}

# A task that counts: FILE.<rank> has what was done, the output what was said.
put_counter() {
    put count.task <<'E2'
#!/bin/bash
# count.task FILE N
for ((i = 1; i <= $2; i++)); do
    sleep 0.5
    echo "$i" >>"$1.$SLURM_PROCID"
done
echo "$1 $SLURM_PROCID has counted"
E2
}

# is_whole FILE N RANK...: nothing missing, nothing twice
is_whole() {
    local file=$1 n=$2 r
    shift 2
    for r; do
        [ "$(cat "$(home)/$file.$r")" = "$(seq "$n")" ] ||
            { echo "$file.$r:" >&2; cat "$(home)/$file.$r" >&2; return 1; }
    done
}
