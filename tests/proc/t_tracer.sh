# Claim: a program that another one of the computation traces (strace, gdb in
# a job) is refused at once, by both their names, and is none the worse; when
# it is traced no more it is saved.
launch "$ROOM/h_tracer" "$ROOM/p_file_offset"
wait_for_file ready
for i in 1 2 3; do
	timeout -k 5 "$LIMIT" "$CKPT" checkpoint --wait --dir "$D" >> trace 2> ckpt.err &&
		fail "a traced program was saved"
	grep -q 'p_file_offset.* is traced by h_tracer' ckpt.err ||
		fail "not refused by its name: $(cat ckpt.err)"
	ping_program
done
no_set || fail "a set was left"
: > detach
ping_program
checkpoint
kill_and_restart
checkpoint
kill_and_restart
finish 0
