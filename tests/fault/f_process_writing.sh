# Claim: a process of the computation is killed at the state "writing": nothing
# hangs and the older set restarts.
. "$ROOM/fault.sh"
kill_process_at writing
