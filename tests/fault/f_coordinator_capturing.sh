# Claim: the coordinator is killed at the state "capturing": the program goes on
# and the older set restarts.
. "$ROOM/fault.sh"
kill_coordinator_at capturing
