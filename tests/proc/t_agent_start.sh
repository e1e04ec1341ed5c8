# Claim: a process that was saved on its way out of the call that made its
# agent can be saved again after a restart.
launch "$ROOM/h_agent_start"
wait_for_file ready
checkpoint
kill_and_restart
: > exec
ping_program
checkpoint
kill_and_restart
finish 0
