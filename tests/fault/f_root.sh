# Claim: the root of the computation is killed in the middle of a checkpoint:
# nothing hangs, nothing is left, the older set restarts.
. "$ROOM/fault.sh"
begin
at_state writing kill -9 "$(pids_of | head -n 1)"
failing_checkpoint
at_done
restartable --set 1
