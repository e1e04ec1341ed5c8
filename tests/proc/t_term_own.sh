# Claim: what a program does with SIGTERM itself, who else sends it one, and
# other signals beside one that is kept back are as without us.
timeout -k 5 "$LIMIT" env CLAIM_DIR="$W" "$ROOM/h_term_own" bare >> out 2>> err ||
	fail "without a runtime: $(grep FAIL err)"
as_slurms_root
launch "$ROOM/h_term_own"
finish 0
