# Claim: quit ends a computation with SIGTERM, kill with SIGKILL; coordinator
# and front end end too.
for how in quit kill; do
	rm -rf ck ready
	launch /bin/bash -c "trap 'echo term >> told; exit 9' TERM; mkdir ready; while :; do :; done"
	wait_for_file ready
	c=$(coordinator_pid)
	"$CKPT" $how --dir "$D" >> trace 2>&1 || fail "$how failed"
	until_true "end of the front end" gone "$FRONT"
	until_true "end of the coordinator" gone "$c"
	[ -z "$(mine)" ] || fail "processes are left: $(mine)"
done
[ "$(cat told)" = term ] || fail "told: $(cat told)"
