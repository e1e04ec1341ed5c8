# Claim: everything that `ckpt status` names is killed, and a restart begins at
# once, while another coordinator is taking the place of the one that was
# killed: the restart has its own, each time.
launch "$ROOM/h_large" 1
wait_for_file ready
for n in 1 2 3 4 5 6 7 8; do
	checkpoint
	read -r keeper c <<< "$(coordinator_pids | tr '\n' ' ')"
	list=$(pids_of)
	kill -STOP "$keeper"
	# shellcheck disable=SC2086
	kill -9 "$FRONT" "$c" $list
	wait "$FRONT" 2> /dev/null
	(read -rt "0.0$n" <> <(:); kill -CONT "$keeper") &
	restart
	ping_program
	wait $!
done
finish 0
