# Claim: an error that a UDP socket has to tell is not taken by a checkpoint that the
# program goes on from.
launch "$ROOM/h_udp_error"
wait_for_file ready
checkpoint
finish 0
