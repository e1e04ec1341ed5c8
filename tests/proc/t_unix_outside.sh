# Claim: a Unix socket whose peer is outside of the computation is, after a
# restart, what it would be had the peer closed: what was unread is read, then
# comes the end. A log outside that is there again is found again.
(cd "$W" && exec "$ROOM/h_unix_outside" outside >> out 2>> err) &
OUTSIDE=$!
until_true "the process outside" [ -e up ]
launch "$ROOM/h_unix_outside"
wait_for_file ready
checkpoint
ping_program
kill_all
: > went
until_true "the end of a log" [ -e closed ]
restart
ping_program
finish 0
until_true "a line in the log" [ -e logged ]
kill $OUTSIDE
wait $OUTSIDE 2> /dev/null
:
