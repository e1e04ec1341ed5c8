#!/bin/bash
#
# demo.sh TREE - a job is preempted twice and finishes as if nothing had
# happened.
#
# Boots a private Slurm, runs tests/demo/job.sh once without interruption and
# once while a job of higher priority takes its nodes in the middle of the
# loop and in the middle of the parallel step, and compares all that the two
# runs have written, byte for byte. Exit status 0: the same. Cleans up after
# itself, also when it is interrupted. DEMO_KEEP=1 keeps the directory.

set -u
HERE=$(realpath "$(dirname "$0")")
CLUSTER=$HERE/../slurm/cluster
TREE=${1:?usage: demo.sh TREE}
STARTED=$SECONDS
[ "$(id -u)" = 0 ] || exec sudo --preserve-env=DEMO_KEEP "$0" "$@"

if [ -t 1 ]; then B=$'\e[1m' G=$'\e[32m' R=$'\e[31m' N=$'\e[0m'; else B='' G='' R='' N=''; fi
say() { printf '%s%3d s%s  %s\n' "$B" $((SECONDS - STARTED)) "$N" "$*"; }
fail() {
    printf '%sdemo: %s%s\n' "$R" "$*" "$N" >&2
    exit 1
}

DIR=
cleanup() {
    trap '' INT TERM
    [ -n "$DIR" ] || return 0
    if [ -n "${DEMO_KEEP:-}" ]; then
        mkdir -p "$DIR.kept" && cp -a "$DIR/home" "$DIR/log" "$DIR.kept"
        echo "kept: $DIR.kept"
    fi
    "$CLUSTER" down "$DIR"
}
trap cleanup EXIT
trap 'echo; say "interrupted: cleaning up"; exit 130' INT TERM

as() { "$CLUSTER" run "$DIR" "$@"; }
field() { as scontrol -o show job "$1" 2>/dev/null | tr ' ' '\n' | sed -n "s/^$2=//p"; }

# The job's journal as the user may watch it: what is new since last time.
SHOWN=0
follow() {
    local journal=$DIR/home/demo/ckpt.$JOB/journal line n
    [ -f "$journal" ] || return 0
    n=$(wc -l <"$journal")
    [ "$n" -gt "$SHOWN" ] || return 0
    while IFS= read -r line; do
        line=${line#* } # the time
        case $line in
        committed*) say "  checkpoint: ${line#* }" ;;
        failed*) say "  ${R}no checkpoint${N}: ${line#* }" ;;
        preempted*) say "  the coordinator sees the preemption" ;;
        requeued*) say "  the coordinator has requeued the job" ;;
        restored*) say "  ${G}restored${N}: ${line#* }" ;;
        restore-failed*) say "  ${R}not restored${N}: ${line#* }" ;;
        esac
    done < <(sed -n "$((SHOWN + 1)),${n}p" "$journal")
    SHOWN=$n
}

LAST=
watch_job() {
    local now
    now="$(field "$JOB" JobState), $(field "$JOB" Reason)"
    now=${now%, None}
    [ "$now" = "$LAST" ] || say "job $JOB: $now"
    LAST=$now
    follow
}

# until_job LIMIT COMMAND...: watches the job until the command succeeds
until_job() {
    local end=$((SECONDS + $1))
    shift
    until "$@"; do
        watch_job
        case ${LAST%%,*} in FAILED | TIMEOUT | CANCELLED | NODE_FAIL)
            cat "$DIR/home/demo/slurm-$JOB.out"
            tail -n 20 "$DIR/home/demo/ckpt.$JOB/log"
            fail "the job has ended: $LAST"
            ;;
        esac
        [ $SECONDS -lt $end ] || {
            tail -n 20 "$DIR/home/demo/ckpt.$JOB/log"
            fail "waited too long for: $*"
        }
        sleep 0.3
    done
    watch_job
}

lines_in() { [ -f "$DIR/home/demo/$1" ] && [ "$(wc -l <"$DIR/home/demo/$1")" -ge "$2" ]; }
over() { [ "$(field "$1" JobState)" = COMPLETED ]; }
running_again() { [ "$(field "$JOB" Restarts)" -ge "$1" ] && [ "$(field "$JOB" JobState)" = RUNNING ]; }

preempt() {
    say "${B}a job of higher priority wants both nodes${N} ($1)"
    local high
    high=$(as sbatch --parsable -p high -N2 --exclusive -o /dev/null --wrap 'sleep 1')
    until_job 120 over "$high"
    say "job $high, which preempted, is over"
}

prepare() {
    mkdir "$DIR/home/$1"
    cp "$HERE"/{job.sh,simulate.py,rank.py} "$DIR/home/$1"
    awk 'BEGIN { for (i = 0; i < 6400; i++) printf "%.6f\n", sin(i) }' >"$DIR/home/$1/input.txt"
    chown -R "$CLUSTER_USER:" "$DIR/home/$1"
}

submit() { as bash -c "cd $1 && sbatch --parsable job.sh"; }

compare() {
    local a=$DIR/home/plain b=$DIR/home/demo f same=1
    for f in results.txt ranks.txt.{0,1,2,3}; do
        if cmp -s "$a/$f" "$b/$f"; then
            say "  ${G}the same${N}: $f ($(wc -c <"$b/$f") bytes)"
        else
            say "  ${R}different${N}: $f"; same=
            diff "$a/$f" "$b/$f" | head -n 5
        fi
    done
    if cmp -s "$a/slurm-$PLAIN.out" "$b/slurm-$JOB.out"; then
        say "  ${G}the same${N}: slurm-$JOB.out and slurm-$PLAIN.out ($(wc -c <"$b/slurm-$JOB.out") bytes)"
    else
        say "  ${R}different${N}: slurm-$JOB.out"; same=
        diff "$a/slurm-$PLAIN.out" "$b/slurm-$JOB.out"
    fi
    [ -n "$same" ]
}

/usr/bin/python3 -c 'import numpy' 2>/dev/null || fail "numpy is missing (make deps)"
DIR=$(mktemp -d "${TMPDIR:-/tmp}/ckpt-demo.XXXXXX")
"$CLUSTER" up "$DIR" --tree "$TREE" || { DIR=; exit 1; }
# shellcheck disable=SC1091
. "$DIR/env"
say "a private Slurm is up: 2 nodes, user $CLUSTER_USER"
as sinfo -o '%P %D %t' | sed 's/^/         /'
prepare plain
prepare demo

say "${B}the script${N} (tests/demo/job.sh)"
sed -n '/^#SBATCH/p; /^export/,$p' "$HERE/job.sh" | sed 's/^/         /'

JOB=$(submit plain) PLAIN=$JOB
say "${B}without interruption${N}: job $PLAIN"
until_job 300 over "$PLAIN"

JOB=$(submit demo) SHOWN=0
say "${B}with two preemptions${N}: job $JOB"
until_job 120 lines_in results.txt 55
preempt "in the middle of the loop's second round"
until_job 120 running_again 1
until_job 180 lines_in ranks.txt.0 15
preempt "in the middle of the parallel step"
until_job 120 running_again 2
until_job 180 over "$JOB"

say "job $JOB ran $(($(field "$JOB" Restarts) + 1)) times; its output:"
sed 's/^/         /' "$DIR/home/demo/slurm-$JOB.out"
say "${B}compared with the uninterrupted run${N}"
compare || fail "the results differ"
say "${G}nobody could tell the difference${N}"
