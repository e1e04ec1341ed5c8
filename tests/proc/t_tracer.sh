# Claim: a program that another one of the computation traces (strace, gdb in
# a job) is refused at once, by both their names, and is none the worse; when
# it is traced no more it is saved.
launch "$ROOM/h_tracer" "$ROOM/p_file_offset"
wait_for_file ready
for i in 1 2 3; do
	refused 'p_file_offset.* is traced by h_tracer'
	ping_program
done
no_set || fail "a set was left"
: > detach
ping_program
twice_more
finish 0
