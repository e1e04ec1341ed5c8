# Claim: a restart right behind a kill waits for who was killed and has not
# ended yet.
launch "$ROOM/h_stopped"
wait_for_file ready
checkpoint
victim=$(pids_of | tail -n 1)
"$ROOM/h_lingers" "$victim" &
HOLDER=$!
until_true "the tracer" eval '[ -e seized ] || gone $HOLDER'
[ -e seized ] || skip "tracing is not allowed"
say "kill -9 $(pids_of)"
kill -9 "$FRONT" $(coordinator_pids) $(pids_of) 2>> trace
until_true "the kill" [ -e killed ]
wait "$FRONT" 2> /dev/null
restart_beside "$HOLDER"
ping_program
finish 0
