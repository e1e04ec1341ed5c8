# Claim: the root of the computation is killed while its image is written:
# nothing hangs, nothing is left, the older set restarts. (The writer goes on
# without it, so the checkpoint itself may succeed.)
. "$ROOM/fault.sh"
begin
at_state writing kill -9 "$(pids_of | head -n 1)"
timeout -k 5 "$LIMIT" "$CKPT" checkpoint --wait --dir "$D" >> trace 2> ckpt.err
st=$?
cat ckpt.err >> trace
at_done
[ $st -ne 124 ] && [ $st -ne 137 ] || fail "checkpoint --wait hangs"
restartable --set 1
