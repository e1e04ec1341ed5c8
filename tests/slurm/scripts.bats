#!/usr/bin/env bats
# The examples in slurm-scripts/ do what their comments say.

# What stands in single quotes is for the job.
# shellcheck disable=SC2016,SC1010,SC2094,SC2034
load helper

setup_file() { cluster_up; }
teardown_file() { cluster_down; }
setup() {
    [ -z "${SKIP_ALL:-}" ] || skip "$SKIP_ALL"
    for f in "$BATS_TEST_DIRNAME"/../../slurm-scripts/*.sh; do
        put "$(basename "$f")" <"$f"
    done
}

@test "loop.sh is preempted and ends as if it had not been" {
    id=$(submit --exclusive --export=ALL,PAUSE=4 loop.sh)
    within 60 has loop.results 'round 2'
    high=$(submit -p high -N2 --exclusive --wrap true)
    succeeds "$high" 90
    succeeds "$id" 120
    has_restarts "$id" 1
    [ "$(cat "$(home)/slurm-$id.out")" = "total $((500500 + 2001000 + 4501500))" ]
    [ "$(cut -d: -f1 "$(home)/loop.results" | tr '\n' ,)" = "round 1,round 2,round 3," ]
}

@test "steps.sh keeps three sets and ends" {
    id=$(submit steps.sh)
    for n in 1 2 3 4; do
        within 60 as ckpt checkpoint --wait "$id"
    done
    [ "$(sets_of "$id")" = 3 ]
    succeeds "$id" 120
    [ "$(cat "$(home)/slurm-$id.out")" = $'first step is over\nsecond step is over' ]
    for r in 0 1 2 3; do
        [ "$(wc -l <"$(home)/steps.$r")" = 6 ]
    done
}

@test "array.sh: each job has its own directory" {
    id=$(submit array.sh)
    within 120 test -f "$(home)/array.results"
    within 120 eval '[ "$(wc -l <"$(home)/array.results")" = 3 ]'
    [ "$(sort "$(home)/array.results")" = $'1 15\n2 30\n3 45' ]
    [ "$(find "$(home)/images" -maxdepth 1 -name 'ckpt.*' | wc -l)" = 3 ]
}
