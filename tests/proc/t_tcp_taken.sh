# Claim: where somebody else listens at a port of the program's meanwhile, a
# restart is refused, by the number of the port, and one later goes well.
launch "$ROOM/h_tcp_peer" listen
wait_for_file ready
port=$(cat port)
checkpoint
kill_all
rm port
timeout 100 "$ROOM/h_tcp_peer" serve "$port" > server.out 2>&1 &
server=$!
until_true "the other one's port" [ -s port ]
timeout "$LIMIT" "$CKPT" restart "$D" >> trace 2> second.err &&
	fail "it was restarted without its port"
grep -q "port $port is taken by another process" second.err ||
	fail "the refusal doesn't say why: $(cat second.err)"
kill "$server"
wait "$server"
restart
ping_program
finish 0
