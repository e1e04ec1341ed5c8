# Claim: a TCP connection to somebody outside goes on after a checkpoint, and
# after a restart it is one that the peer has closed.
outside() {
	launch "$ROOM/h_tcp_peer" "$1" "$(cat port)"
	wait_for_file ready
	checkpoint
}

timeout 100 "$ROOM/h_tcp_peer" serve 0 > server.out 2>&1 &
server=$!
until_true "the server's port" [ -s port ]
outside both
ping_program
checkpoint
finish 0
rm -rf ready verify ck
outside client
kill_and_restart
finish 0
kill "$server"
