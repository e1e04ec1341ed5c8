# Claim: where signal 33 parks threads, a stopped child is refused at once, by
# its number, and stays as it is.
export CKPT_STOP=signal
launch "$ROOM/p_stopped"
wait_for_file ready
timeout "$LIMIT" "$CKPT" checkpoint --wait --dir "$D" >> trace 2> second.err &&
	fail "it was not refused"
grep -Eq "process [0-9]+, its child, is stopped by a signal" second.err ||
	fail "the refusal doesn't say why: $(cat second.err)"
ping_program
finish 0
