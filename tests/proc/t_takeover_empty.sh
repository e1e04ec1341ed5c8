# Claim: a coordinator that takes over for a restarted computation of which
# nothing is left, and of which nobody is known, ends when nobody has come.
launch "$ROOM/h_large" 1
wait_for_file ready
checkpoint --kill
until_true "the end" gone "$FRONT"
CLAIM_DIR=$W "$CKPT" coordinator --foreground --dir "$D" --restore 1 \
	--limit-first 1 >> trace 2>&1 &
keeper=$!
until_true "the coordinator" test -s "$D/coordinator"
c=$(coordinator_pid)
echo "$(date +%s) restored set=1 processes=0" >> "$D/journal" # and all have died
kill -9 "$c"
until_true "the end of both" gone "$keeper"
grep -q "takes the place" "$D/log" || fail "nobody has taken over"
