# Claim: a process that was saved on its way out of the call that made its
# agent can be saved again after a restart.
launch "$ROOM/h_agent_start"
wait_for_file ready
checkpoint
kill_all
restart
ping_program
: > exec
ping_program
checkpoint
kill_all
restart
ping_program
finish 0
