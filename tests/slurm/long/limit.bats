#!/usr/bin/env bats
# --time=1 for three minutes of work, and nothing but --checkpoint-interval.

# shellcheck disable=SC2034
load ../helper
CLUSTER=$BATS_TEST_DIRNAME/../cluster

setup_file() { cluster_up; }
teardown_file() { cluster_down; }
setup() { [ -z "${SKIP_ALL:-}" ] || skip "$SKIP_ALL"; }

@test "three minutes of work under a limit of one end by themselves" {
    put long.sh <<'E'
#!/bin/bash
#SBATCH --time=1 --checkpoint-interval=0:20
for i in {1..180}; do sleep 1; echo "$i"; done
echo "all of it"
E
    id=$(submit long.sh)
    succeeds "$id" 900
    has_restarts "$id" 2
    [ "$(cat "$(home)/slurm-$id.out")" = "$(printf '%s\n' {1..180} 'all of it')" ]
    # each run's last set was taken for the limit, before it
    [ "$(grep -c 'why=limit\|limit' "$(home)/ckpt.$id/journal")" -ge 2 ]
}
