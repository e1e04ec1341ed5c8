# Claim: where somebody else has taken a lock of the program's meanwhile, a
# restart is refused, by the name of the file, and one later goes well.
launch "$ROOM/p_file_flock"
wait_for_file ready
checkpoint
kill_all
exec 7>> data
flock -n 7 || fail "the lock is not free"
timeout "$LIMIT" "$CKPT" restart "$D" >> trace 2> second.err &&
	fail "it was restarted without its lock"
grep -q "data was locked, and now somebody else has a lock there" second.err ||
	fail "the refusal doesn't say why: $(cat second.err)"
exec 7>&-
restart
ping_program
finish 0
