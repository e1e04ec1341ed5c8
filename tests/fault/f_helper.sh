# Claim: the capture helper is killed: the checkpoint fails with a reason, the
# program goes on, and the next checkpoint succeeds.
. "$ROOM/fault.sh"
begin
slay_until_failed "ckpt capture"
sets_whole
ping_program
checkpoint
restartable
