#!/usr/bin/env bats
# What srun reads for its tasks reaches them once, and only once.

# What stands in single quotes is for the job.
# shellcheck disable=SC2016,SC1010,SC2094,SC2034
load helper

setup_file() { cluster_up; }
teardown_file() { cluster_down; }
setup() { [ -z "${SKIP_ALL:-}" ] || skip "$SKIP_ALL"; }

# back JOB N: it has come back from an image set N times
back() {
    [ "$(grep -c ' restored ' "$(home)/ckpt.$1/journal")" -ge "$2" ]
}

# requeue_from_set JOB FILE PATTERN N: the job comes back from a set that is
# older than what it has done since.
requeue_from_set() {
    as ckpt checkpoint --wait "$1" >/dev/null || { tell "$1"; return 1; }
    within 60 has "$2" "$3" || return 1
    as scontrol requeue "$1"
    within 90 back "$1" "$4" || { tell "$1"; return 1; }
}

# Each line takes half a second.
put_reader() {
    put "$1" <<'E'
#!/bin/bash
while read -r x; do
    echo "$1$SLURM_PROCID got $x"
    echo "$x" >>$2
    sleep 0.5
done
echo "$1$SLURM_PROCID ends"
E
}

@test "files that srun reads: --input, -i, <; from a set, and preempted" {
    put_reader file.task
    put file.sh <<'E'
#!/bin/bash
#SBATCH --checkpoint-interval=10 -N2 -n4 --exclusive
seq 1001 1024 >file.in
srun -N1 -n1 --exact --input=file.in ./file.task a a.seen >a.out &
srun -N1 -n1 --exact -i file.in ./file.task b b.seen >b.out &
srun -N1 -n1 --exact ./file.task c c.seen <file.in >c.out &
wait
echo "ends with $?"
E
    id=$(submit file.sh)
    within 60 has c.seen '^1003$'
    within 60 has b.seen '^1003$'
    within 60 has a.seen '^1003$'
    requeue_from_set "$id" a.seen '^1007$' 1
    preempt "$id" 2
    succeeds "$id" 120
    [ "$(cat "$(home)/slurm-$id.out")" = "ends with 0" ]
    for s in a b c; do
        [ "$(cat "$(home)/$s.out")" = "$(printf "${s}0 got %s\n" {1001..1024})
${s}0 ends" ]
        [ "$(cat "$(home)/$s.seen")" = "$(printf '%s\n' {1001..1024})" ]
    done
}

@test "input for all tasks, and for one of them" {
    put_reader some.task
    put some.sh <<'E'
#!/bin/bash
#SBATCH --checkpoint-interval=10 -N2 -n4 --exclusive
seq 1 24 | srun -N2 -n2 --exact ./some.task all all.seen >all.out &
srun -N2 -n2 --exact --input=1 ./some.task one one.seen < <(seq 1 24) >one.out &
wait
E
    id=$(submit some.sh)
    within 60 has all.seen '^3$'
    within 60 has one.seen '^3$'
    requeue_from_set "$id" one.seen '^7$' 1
    preempt "$id" 2
    succeeds "$id" 120
    for r in 0 1; do
        [ "$(grep "^all$r" "$(home)/all.out")" = "$(printf "all$r got %s\n" {1..24})
all$r ends" ]
    done
    [ "$(sort "$(home)/one.out")" = "$( (printf 'one1 got %s\n' {1..24}
        printf 'one%s ends\n' 0 1) | sort)" ]
}

# Megabytes are on their way: in srun, in sockets, in slurmstepd, in the pipe.
put_big() {
    put big.task <<'E'
#!/usr/bin/env python3
import os, sys, time, hashlib
name, rank, sum = sys.argv[1], os.environ["SLURM_PROCID"], hashlib.md5()
got = os.read(0, 100 if rank == "0" else 300000)
open(name + ".here" + rank, "a").write("here\n")
while not os.path.exists(name + ".go"):
    time.sleep(0.1)
while got:
    sum.update(got)
    got = os.read(0, 65536)
print(name, rank, sum.hexdigest(), flush=True)
E
}

@test "megabytes that nobody has read yet" {
    put_big
    put late.task <<'E' # another program goes on reading
#!/bin/bash
echo here >>exec.here
until [ -e exec.go ]; do sleep 0.2; done
exec md5sum
E
    put big.sh <<'E'
#!/bin/bash
#SBATCH --checkpoint-interval=10 -N2 -n4 --exclusive
seq 1 3000000 >big.in
srun -N1 -n2 --exact --input=big.in ./big.task file >file.out &
cat big.in | srun -N1 -n1 --exact ./big.task pipe >pipe.out &
srun -N1 -n1 --exact --input=big.in ./late.task >exec.out &
wait
E
    id=$(submit big.sh)
    within 60 has pipe.here0 here
    within 60 has file.here0 here
    within 60 has file.here1 here
    within 60 has exec.here here
    as ckpt checkpoint --wait "$id" || { tell "$id"; false; }
    as ckpt checkpoint --wait "$id" || { tell "$id"; false; }
    preempt "$id" 1
    within 90 back "$id" 1
    preempt "$id" 2
    within 90 back "$id" 2
    as touch pipe.go file.go exec.go
    succeeds "$id" 120
    sum=$(seq 1 3000000 | md5sum | cut -d' ' -f1)
    [ "$(cat "$(home)/exec.out")" = "$sum  -" ]
    [ "$(sort "$(home)/file.out" "$(home)/pipe.out")" = "file 0 $sum
file 1 $sum
pipe 0 $sum" ]
    not [ -e "$(home)/ckpt.$id/input/"*/* ]
}

@test "a checkpoint that fails takes nothing of the input" {
    put fail.task <<'E'
#!/usr/bin/env python3
import os, socket, sys, time
bad = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 15)
open("fail.here", "a").write("here\n")
while not os.path.exists("fail.go"):
    time.sleep(0.1)
for line in sys.stdin:
    print("got", line, end="")
E
    put fail.sh <<'E'
#!/bin/bash
#SBATCH --checkpoint-interval=10 -N1 -n1 --exclusive
seq 1 400000 >fail.in
srun --input=fail.in ./fail.task >fail.out
E
    id=$(submit fail.sh)
    within 60 has fail.here here
    for i in 1 2; do
        run as ckpt checkpoint --wait "$id"
        [ "$status" -eq 1 ]
        [[ "$output" == *"netlink"* ]]
    done
    as touch fail.go
    succeeds "$id" 60
    [ "$(md5sum <"$(home)/fail.out")" = "$(seq -f 'got %.0f' 1 400000 | md5sum)" ]
}
