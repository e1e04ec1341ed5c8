# Claim: a process that is being restored is killed: none of the others runs,
# the restart says so, and the next one works.
. "$ROOM/fault.sh"
begin
kill_all
slay w_work
restart
wait $SLAY || fail "there was no process to kill"
until_true "the end of the restart" gone "$FRONT"
wait $FRONT && fail "the restart says that it worked"
until_true "the end of all restored processes" eval '[ -z "$(mine)" ]'
restart
ping_program
finish 0
