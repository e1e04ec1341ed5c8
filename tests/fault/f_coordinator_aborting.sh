# Claim: the coordinator is killed while it gives a checkpoint up: the program
# goes on, another one saves it, and that set restarts, as does the older one.
. "$ROOM/fault.sh"
begin
at_state aborting kill -9 "$(coordinator_pid)"
slay ckpt-writer
timeout -k 5 "$LIMIT" "$CKPT" checkpoint --wait --dir "$D" >> trace 2>&1
wait $SLAY || fail "there was no writer to kill"
at_done
taken_over
restartable --set 1
