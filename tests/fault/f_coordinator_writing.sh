# Claim: the coordinator is killed at the state "writing": the program goes on,
# another one saves it, and that set restarts, as does the older one.
. "$ROOM/fault.sh"
kill_coordinator_at writing
