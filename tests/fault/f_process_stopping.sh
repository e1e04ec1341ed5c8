# Claim: a process of the computation is killed at the state "stopping": nothing
# hangs and the older set restarts.
. "$ROOM/fault.sh"
kill_process_at stopping
