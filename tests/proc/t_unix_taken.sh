# Claim: a restart is refused, by name, while another process has a socket
# under the path of a saved one, and leaves that alone; the file that it
# leaves behind is replaced.
launch "$ROOM/p_unix_named"
wait_for_file ready
checkpoint
kill_all
(cd "$W" && exec "$ROOM/h_unix_outside" taken >> out 2>> err) &
OUTSIDE=$!
until_true "the other server" [ -e taken ]
timeout "$LIMIT" "$CKPT" restart "$D" >> trace 2> refused.err &&
	fail "restarted in spite of the other server"
grep -q "the Unix socket $W/server is open in another process" refused.err ||
	fail "the refusal does not name it: $(cat refused.err)"
kill $OUTSIDE
wait $OUTSIDE 2> /dev/null
[ -S server ] || fail "the other server's file is gone"
restart
ping_program
finish 0
