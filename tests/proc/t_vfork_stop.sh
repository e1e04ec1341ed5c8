# Claim: a process that is stopped as it comes back from vfork, which it can't
# be before, knows its child after a restart, twice in a row.
tracer_there() { pgrep -P "$(pids_of | head -1)" ckpt-tracer >> trace; }
launch "$ROOM/h_vfork"
wait_for_file ready
checkpoint > out.ckpt 2>&1 &
asked=$!
until_true "a tracer of the process" tracer_there
: > exec
wait $asked || fail "no checkpoint: $(cat out.ckpt)"
kill_and_restart
checkpoint
kill_and_restart
finish 0
