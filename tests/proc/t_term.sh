# Claim: whatever a program is doing, it does not notice a SIGTERM of Slurm's
# that is kept back, and one that is passed on does what it does without us.
timeout -k 5 "$LIMIT" env CLAIM_DIR="$W" "$ROOM/h_term" bare >> out 2>> err ||
	fail "without a runtime: $(grep FAIL err | head -n 5 | tr '\n' ' ')"
as_slurms_root
launch "$ROOM/h_term"
finish 0
