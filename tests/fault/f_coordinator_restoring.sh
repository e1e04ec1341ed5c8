# Claim: the coordinator is killed in the middle of a restart: nothing runs
# half, and the next restart works.
. "$ROOM/fault.sh"
begin
kill_all
rm -f armed
slay "ckpt coordinator"
restart
wait $SLAY || fail "there was no coordinator to kill"
until_true "the end of the restart" gone "$FRONT"
wait $FRONT && fail "the restart says that it worked"
until_true "the end of all restored processes" eval '[ -z "$(mine)" ]'
restart
ping_program
finish 0
