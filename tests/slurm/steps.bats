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

@test "input that srun has brought and nobody has read is not lost" {
    put late.task <<'E'
#!/bin/bash
echo here >>late.seen
until [ -e late.read ]; do sleep 0.2; done
while read -r x; do echo "got $x"; done
E
    put late.sh <<'E'
#!/bin/bash
#SBATCH --checkpoint-interval=10 -N1 -n1 --exclusive
printf '%s\n' one two | srun ./late.task
E
    id=$(submit late.sh)
    within 60 has late.seen here
    run as ckpt checkpoint --wait "$id"
    [ "$status" -eq 1 ]
    [[ "$output" == *"standard input, of which srun has brought 8 bytes"* ]]
    as touch late.read
    succeeds "$id" 60
    [ "$(cat "$(home)/slurm-$id.out")" = $'got one\ngot two' ]
}
