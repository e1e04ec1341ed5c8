#!/usr/bin/env bats
# Steps as scripts have them: side by side, and in a pipeline.

# What stands in single quotes is for the job.
# shellcheck disable=SC2016,SC1010,SC2094,SC2034
load helper

setup_file() { cluster_up; }
teardown_file() { cluster_down; }
setup() { [ -z "${SKIP_ALL:-}" ] || skip "$SKIP_ALL"; }

@test "two steps side by side go on, and the script waits for both" {
    put side.task <<'E'
#!/bin/bash
for i in {1..8}; do sleep 1; echo "$1 $i" >>side.$1; done
E
    put side.sh <<'E'
#!/bin/bash
#SBATCH --checkpoint-interval=10 -N2 -n2 --exclusive
srun -N1 -n1 --exact ./side.task a &
srun -N1 -n1 --exact ./side.task b &
wait
echo "both: $?"
E
    id=$(submit side.sh)
    within 60 has side.a '^a 3$'
    preempt "$id" 1
    succeeds "$id" 120
    [ "$(cat "$(home)/slurm-$id.out")" = 'both: 0' ]
    for s in a b; do
        [ "$(cat "$(home)/side.$s")" = "$(printf "$s %s\n" {1..8})" ]
    done
}

@test "a step in a pipeline reads on where it was, and at the end of input" {
    put pipe.task <<'E'
#!/bin/bash
while read -r x; do echo "got $x"; echo "$x" >>pipe.seen; done
for i in {7..12}; do sleep 1; echo "$i" >>pipe.seen; done
E
    put pipe.sh <<'E'
#!/bin/bash
#SBATCH --checkpoint-interval=10 -N2 -n4 --exclusive
for i in {1..6}; do echo $i; sleep 1; done | srun -N1 -n1 ./pipe.task | sed 's/^/it has /'
echo "ends with ${PIPESTATUS[*]}"
E
    id=$(submit pipe.sh)
    within 60 has pipe.seen '^3$'
    preempt "$id" 1
    within 90 has pipe.seen '^8$'
    preempt "$id" 2
    succeeds "$id" 120
    [ "$(cat "$(home)/slurm-$id.out")" = "$(printf 'it has got %s\n' {1..6})
ends with 0 0 0" ]
    [ "$(cat "$(home)/pipe.seen")" = "$(printf '%s\n' {1..12})" ]
}

# reads FILE TEXT: of the user's, in job $id; else it is shown what differs
reads() {
    ! diff <(echo "$2") "$(home)/$1" >&2 || return 0
    echo "^ in $1" >&2
    tell "$id"
    return 1
}

# back JOB N: it has come back from an image set N times
back() {
    [ "$(grep -c ' restored ' "$(home)/ckpt.$1/journal")" -ge "$2" ]
}

@test "the files that steps write go back to a set, and nothing stands twice" {
    put out.task <<'E'
#!/bin/bash
for i in {1..20}; do
    echo "$1 $i"
    echo "$1 err $i" >&2
    sleep 0.7
done
E
    put out.sh <<'E'
#!/bin/bash
#SBATCH --checkpoint-interval=10 -N2 -n8 --exclusive
for f in a.out b.0 d.out; do echo old >$f; done
srun -N1 -n1 --overlap -o a.out -e a.err ./out.task a &
srun -N2 -n2 --overlap -o b.%t ./out.task b &
srun -N1 -n2 --overlap --open-mode=truncate -l -o c.%t ./out.task c &
srun -N1 -n1 --overlap --open-mode=append -o d.out -e none ./out.task d &
srun -N1 -n1 --overlap ./out.task e &
wait
srun -N1 -n1 --overlap -o a.out --open-mode=append echo "another step"
E
    id=$(submit out.sh)
    within 60 has a.out '^a 3$'
    within 60 has "slurm-$id.out" '^e 3$'
    as ckpt checkpoint --wait "$id"
    within 60 has a.out '^a 7$'
    as scontrol requeue "$id"
    within 90 back "$id" 1 || { tell "$id"; false; }
    as ckpt checkpoint --wait "$id"
    preempt "$id" 2
    succeeds "$id" 120
    lines() { for i in {1..20}; do printf '%s\n' "$1 $i" "$1 err $i"; done; }
    reads a.out "$(printf 'a %s\n' {1..20})"$'\nanother step'
    reads a.err "$(printf 'a err %s\n' {1..20})"
    for r in 0 1; do
        reads b.$r "$(lines b)"
        reads c.$r "$(lines "$r: c")"
    done
    reads d.out $'old\n'"$(printf 'd %s\n' {1..20})"
    reads "slurm-$id.out" "$(lines e)"
}

@test "what srun says when it starts stands in the output once" {
    put warn.task <<'E'
#!/bin/bash
for i in {1..12}; do echo "$i" >>warn.seen; sleep 1; done
E
    put warn.sh <<'E'
#!/bin/bash
#SBATCH --checkpoint-interval=10 -N2 -n2 --exclusive
srun -N2 -n1 ./warn.task
echo "ends"
E
    id=$(submit warn.sh)
    within 60 has warn.seen '^3$'
    preempt "$id" 1
    succeeds "$id" 120
    [ "$(grep -c "can't run 1 processes on 2 nodes" "$(home)/slurm-$id.out")" -eq 1 ]
    [ "$(wc -l <"$(home)/slurm-$id.out")" -eq 2 ]
}

# slow JOB: for a while the slurmstepd of its first step stands still with what
# it has read, before it passes it on
slow() {
    local pid
    pid=$(pgrep -o -f "^slurmstepd: \\[$1\\.0\\]")
    coproc SLOW { exec "$BUILD/t/slurm/holdup" "$pid" 1000 3; }
    slow=$SLOW_PID # is unset at its end
    read -r -u "${SLOW[0]}"
}

@test "what slurmstepd has not passed on is waited for, however slow it is" {
    put slow.task <<'E'
#!/bin/bash
for i in {1..100}; do echo "line $i"; echo "error $i" >&2; sleep 0.1; done
E
    put slow.sh <<'E'
#!/bin/bash
#SBATCH --checkpoint-interval=10:00 --requeue -n1
srun -n1 -o slow.out -e slow.err ./slow.task
E
    id=$(submit slow.sh)
    within 60 has slow.out '^line 9$'
    slow "$id"
    as ckpt checkpoint --wait "$id"
    wait "$slow"
    as scontrol requeue "$id"
    within 90 back "$id" 1
    succeeds "$id" 120
    reads slow.out "$(printf 'line %s\n' {1..100})"
    reads slow.err "$(printf 'error %s\n' {1..100})"
}
