# Claim: the coordinator is killed at the state "stopping": the program goes on
# and the older set restarts.
. "$ROOM/fault.sh"
kill_coordinator_at stopping
