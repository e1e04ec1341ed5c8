# Claim: a TCP connection between two trees of one computation is refused, by
# the number of the other process, and both go on.
launch "$ROOM/h_tcp_peer" serve 0
until_true "the server's port" [ -s port ]
server=$(pids_of)
launch "$ROOM/h_tcp_peer" both "$(cat port)"
wait_for_file ready
timeout 30 "$CKPT" checkpoint --wait --dir "$D" >> trace 2> ckpt.err &&
	fail "the checkpoint was not refused"
grep -Eq "TCP connection with process [0-9]+, .* another part" ckpt.err ||
	fail "the refusal doesn't say why: $(cat ckpt.err)"
ping_program
finish 0
kill -9 "$server"
