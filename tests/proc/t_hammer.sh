# Claim: a program that sleeps, polls, waits on futexes, reads and writes
# while checkpoints come one after the other sees no EINTR, no short transfer,
# and no time-out that is early, late or never.
HAMMER_SECONDS=${HAMMER_SECONDS:-8}
HAMMER_LEAST=${HAMMER_LEAST:-10}

launch "$ROOM/h_hammer"
wait_for_file ready
n=0 end=$((SECONDS + HAMMER_SECONDS))
while ((SECONDS < end || n < HAMMER_LEAST)); do
	checkpoint
	n=$((n + 1))
	alive "$FRONT" || fail "ended at checkpoint $n: $(grep FAIL err)"
done
say "$n checkpoints"
finish 0
cp out "$WORK/hammer.$MODE.out"
