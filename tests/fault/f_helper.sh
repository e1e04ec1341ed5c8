# Claim: the capture helper is killed: the checkpoint fails with a reason, the
# program goes on, and the next checkpoint succeeds.
. "$ROOM/fault.sh"
begin
slay "ckpt capture"
failing_checkpoint
wait $SLAY || fail "there was no helper to kill"
older_set_whole 1
ping_program
checkpoint
restartable
