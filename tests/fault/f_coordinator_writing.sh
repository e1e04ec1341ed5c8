# Claim: the coordinator is killed at the state "writing": the program goes on
# and the older set restarts.
. "$ROOM/fault.sh"
kill_coordinator_at writing
