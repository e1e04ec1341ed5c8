# Claim: a computation that runs is not started a second time.
launch "$ROOM/p_mem_brk"
wait_for_file ready
checkpoint
timeout "$LIMIT" "$CKPT" restart "$D" >> trace 2> second.err &&
	fail "a second restart was accepted"
[ -s second.err ] || fail "the refusal gives no reason"
ping_program
kill_and_restart
timeout "$LIMIT" "$CKPT" restart "$D" >> trace 2>&1 &&
	fail "a second restart was accepted after a restart"
ping_program
finish 0
