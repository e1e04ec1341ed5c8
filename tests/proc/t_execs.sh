# Claim: a process that executes another program just when a checkpoint begins
# is none the worse for it.
launch "$ROOM/h_execs"
wait_for_file ready
saved=0
for ((n = 0; n < 60; n++)); do
	# it may fail, as one may appear when all others are stopped
	timeout -k 5 "$LIMIT" "$CKPT" checkpoint --wait --dir "$D" >> trace 2>&1 &&
		saved=$((saved + 1))
	alive "$FRONT" || fail "ended at checkpoint $n: $(cat err)"
done
[ $saved -gt 0 ] || fail "no checkpoint was made"
finish 0
