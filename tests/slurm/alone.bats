#!/usr/bin/env bats
# srun without a batch job: from a login node, and in what salloc has given.

# What stands in single quotes is for the job.
# shellcheck disable=SC2016,SC1010,SC2094,SC2034
load helper

setup_file() { cluster_up --nodes 3; }
teardown_file() { cluster_down; }
setup() {
    [ -z "${SKIP_ALL:-}" ] || skip "$SKIP_ALL"
    put_counter
}

# begins NAME COMMAND...: in the background; the job's id is in $id, the output
# in NAME.out, the errors in NAME.err, the exit status in NAME.rc
begins() {
    local name=$1
    shift
    (
        rc=0
        timeout 200 "$CLUSTER" run "$SLURM_DIR" "$@" </dev/null \
            >>"$(home)/$name.out" 2>>"$(home)/$name.err" || rc=$?
        echo $rc >"$(home)/$name.rc"
    ) 3>&- &
    within 60 is_queued "$name" || return 1
    id=$(queued "$name")
}
queued() { as squeue -h -n "$1" -o %A | sort -n | sed 1q; }
is_queued() { [ -n "$(queued "$1")" ]; }
# over NAME STATUS
over() {
    within 100 test -e "$(home)/$1.rc" && [ "$(cat "$(home)/$1.rc")" = "$2" ] ||
        { cat "$(home)/$1".* >&2; return 1; }
    rm "$(home)/$1.rc"
}

said() { [ "$(LC_ALL=C sort "$(home)/$1.out")" = "$(printf '%s\n' "${@:2}")" ] || { cat "$(home)/$1".* >&2; return 1; }; }

@test "srun from a login node goes on by --checkpoint-restart, twice in a row" {
    begins plain srun -J plain -N2 -n2 --checkpoint-interval=10 ./count.task plain 30
    within 60 has plain.1 '^3$'
    as ckpt checkpoint --wait "$id"
    as scancel "$id"
    over plain 143
    old=$id
    begins plain srun -J plain -N2 -n2 --checkpoint-restart="$old" ./count.task plain 30
    within 60 has plain.1 '^12$'
    as ckpt checkpoint --wait "$id"
    as scancel "$id"
    over plain 143
    old=$id
    begins plain srun -J plain -N2 -n2 --checkpoint-restart="$old" ./count.task plain 30
    over plain 0
    is_whole plain 30 0 1
    said plain 'plain 0 has counted' 'plain 1 has counted'
    no_processes
}

@test "srun from a login node has sets by the clock" {
    begins clock srun -J clock -n1 --checkpoint-interval=0:02 ./count.task clock 20
    over clock 0
    has_sets "$id" 2
    is_whole clock 20 0
}

@test "a step whose first node is done has checkpoints until its last one is" {
    put last.task <<'E2'
#!/bin/bash
[ "$SLURM_PROCID" = 1 ] || exit 0
exec ./count.task last 30
E2
    begins last srun -J last -W0 -N2 -n2 --checkpoint-interval=10 ./last.task
    within 60 has last.1 '^3$'
    as ckpt checkpoint --wait "$id"
    as scancel "$id"
    over last 143
    old=$id
    begins last srun -J last -W0 -N2 -n2 --checkpoint-restart="$old" ./last.task
    over last 0
    is_whole last 30 1
}

@test "srun a : b from a login node is one computation" {
    begins mixed srun -J mixed --checkpoint-interval=10 -N1 -n1 ./count.task mixed 20 : -N1 -n2 ./count.task mixed 20
    within 60 has mixed.2 '^3$'
    as ckpt checkpoint --wait "$id"
    as scancel "$id"
    over mixed 143
    old=$id
    begins mixed srun -J mixed --checkpoint-restart="$old" -N1 -n1 ./count.task mixed 20 : -N1 -n2 ./count.task mixed 20
    over mixed 0
    is_whole mixed 20 0 1 2
    said mixed 'mixed 0 has counted' 'mixed 1 has counted' 'mixed 2 has counted'
}

@test "--export=NONE: the tasks are part of the job, and go on with it" {
    id=$(submit --checkpoint-interval=10 --exclusive -N2 -n2 \
        --wrap 'srun --export=NONE /bin/bash ./count.task bare 20; echo "ends with $?"')
    within 60 has bare.1 '^3$'
    preempt "$id" 1
    succeeds "$id" 120
    is_whole bare 20 0 1
    cat "$(home)/slurm-$id.out"
    [ "$(LC_ALL=C sort "$(home)/slurm-$id.out")" = "$(printf '%s\n' \
        'bare 0 has counted' 'bare 1 has counted' 'ends with 0')" ]
    [ "$(find "$(home)" -maxdepth 1 -name "ckpt.$id*" | wc -l)" = 1 ]
}

@test "a shell of salloc on a node goes on in the middle, with its step" {
    put shell.sh <<'E2'
#!/bin/bash
secret=$RANDOM.$RANDOM
echo "$secret" >shell.secret
srun -n1 ./count.task shell 30
[ "$secret" = "$(cat shell.secret)" ] && echo "ends as it began" >shell.end
E2
    begins shell script -qec "env SHELL=$(home)/shell.sh salloc -J shell --checkpoint-interval=10 -n1 --exclusive" /dev/null
    within 60 has shell.0 '^3$'
    as ckpt checkpoint --wait "$id"
    as scancel "$id"
    within 100 test -e "$(home)/shell.rc"
    rm "$(home)/shell.rc"
    old=$id
    begins shell script -qec "env SHELL=$(home)/shell.sh salloc -J shell --checkpoint-restart=$old -n1 --exclusive" /dev/null
    over shell 0
    is_whole shell 30 0
    has shell.end 'ends as it began'
}

# What Slurm does not requeue it ends, when its grace time is over.
high() { submit -p high -N3 --exclusive -o /dev/null --wrap true; }

@test "srun is preempted: nothing is said twice, and it tells how to go on" {
    put talk.task <<'E2'
#!/bin/bash
for i in {1..20}; do
    sleep 0.5
    while [ $i = 10 ] && [ ! -e talk.go ]; do sleep 0.2; done
    echo "task $SLURM_PROCID says $i"
done
E2
    begins talk srun -J talk --exclusive -N2 -n2 --checkpoint-interval=10 ./talk.task
    within 60 has talk.out 'task 1 says 3$'
    succeeds "$(high)" 90
    within 60 test -e "$(home)/talk.rc"
    [ "$(cat "$(home)/talk.rc")" != 0 ]
    rm "$(home)/talk.rc"
    cat "$(home)/talk.err"
    [ "$(grep -c '^ckpt: ' "$(home)/talk.err")" = 1 ]
    has talk.err "^ckpt: job $id was preempted and is not requeued; srun --checkpoint-restart=$id PROGRAM goes on from image set 1\$"
    old=$id
    as touch talk.go
    begins talk srun -J talk --exclusive -N2 -n2 --checkpoint-restart="$old" ./talk.task
    over talk 0
    for r in 0 1; do
        [ "$(grep "^task $r" "$(home)/talk.out")" = "$(printf "task $r says %s\n" {1..20})" ]
    done
    nodes_are_well
    no_processes
}

@test "a shell of salloc is preempted, and tells how to go on" {
    put pre.sh <<'E2'
#!/bin/bash
srun -n1 ./count.task pre 60
echo "ends with $?" >pre.end
E2
    begins pre script -qec "env SHELL=$(home)/pre.sh salloc -J pre --checkpoint-interval=10 -n1 --exclusive" /dev/null
    within 60 has pre.0 '^3$'
    succeeds "$(high)" 90
    within 60 test -e "$(home)/pre.rc"
    rm "$(home)/pre.rc"
    cat "$(home)/pre.out"
    has pre.out "ckpt: job $id was preempted and is not requeued; salloc --checkpoint-restart=$id goes on from image set [0-9]+"
    not test -e "$(home)/pre.end"
    old=$id
    begins pre script -qec "env SHELL=$(home)/pre.sh salloc -J pre --checkpoint-restart=$old -n1 --exclusive" /dev/null
    over pre 0
    is_whole pre 60 0
    has pre.end 'ends with 0'
}

@test "each srun of a local shell of salloc has checkpoints of its own" {
    put local.sh <<'E2'
#!/bin/bash
srun -n1 ./count.task one 4
srun -n1 ./count.task two 20
E2
    begins local salloc -J local --checkpoint-interval=10 -n1 ./local.sh
    within 60 has two.0 '^3$'
    as ckpt checkpoint --wait "$id.1"
    as scancel "$id"
    within 100 test -e "$(home)/local.rc"
    old=$id
    begins again srun -J again -n1 --checkpoint-restart="$old.1" ./count.task two 20
    over again 0
    is_whole one 4 0
    is_whole two 20 0
    said again 'two 0 has counted'
}

@test "what is impossible is told by srun, before anything runs" {
    mkdir -p "$(home)/closed" && chown root: "$(home)/closed"
    run as srun -Q -n2 --checkpoint-interval=10 --checkpoint-dir=closed echo ran
    [ "$status" -eq 0 ]
    [[ "${lines[0]}" == "ckpt: running without checkpoints: "*closed* ]]
    [ "${lines[1]} ${lines[2]} ${#lines[@]}" = 'ran ran 3' ]
    run as srun -Q -n2 --checkpoint-required --checkpoint-interval=10 --checkpoint-dir=closed echo ran
    [ "$status" -ne 0 ]
    [[ "${lines[0]}" == "ckpt: checkpoints are required and impossible: "*closed* ]]
    [[ "$output" != *ran* ]]
    run as srun -Q -n2 --checkpoint-restart=999999 echo ran
    [ "$status" -ne 0 ]
    [[ "${lines[0]}" == "ckpt: cannot go on from the image set: "*999999* ]]
    [[ "$output" != *ran* ]]
}
