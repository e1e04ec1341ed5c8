# Claim: a program that a debugger has stopped can't be saved, by its name,
# and is none the worse; when it runs under the debugger it can, and comes
# back without it.
command -v gdb > /dev/null || skip "gdb is not installed"
launch "$ROOM/p_file_offset"
wait_for_file ready
mkfifo orders
: > gdb.out
exec 8<> orders
CLAIM_DIR=$W gdb -q -nx -p "$(pids_of)" < orders > gdb.out 2>&1 &
GDB=$!
says() { grep -q "$1" gdb.out; }
echo 'echo attached\n' >&8
until_true "gdb" says attached
says 'not permitted' && skip "gdb may not trace here"
refused 'p_file_offset'
echo continue >&8
ping_program
checkpoint
ping_program
kill_all
wait $GDB 2> /dev/null
restart
ping_program
finish 0
