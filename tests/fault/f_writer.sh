# Claim: the writer is killed: the checkpoint fails with a reason, nothing of
# it is left, the program goes on, and the next checkpoint succeeds.
. "$ROOM/fault.sh"
begin
for i in 1 2 3; do
	slay_until_failed ckpt-writer
	sets_whole
	ping_program
done
checkpoint
ping_program
restartable
