# Claim: a process that ends by itself while its image is being written is in
# the set; nothing has to be tried again.
cat > app.sh <<'S'
"$1/h_large" 64 &
wait
mkdir over
until [ -e end ]; do rm -f ping; sleep 0.02; done
S
launch bash app.sh "$ROOM"
wait_for_file ready
large=$(for p in $(pids_of); do [ "$(cat /proc/$p/comm)" = bash ] || echo $p; done)
until [ -e caught ]; do
	"$CKPT" checkpoint --wait --dir "$D" >> trace 2>&1 || : > refused
done &
TAKER=$!
WRITER=$("$ROOM/h_writer" "$large") || fail "no writer"
: > caught
: > verify
until_true "the end of the process" [ -e over ]
alive "$WRITER" || fail "its writer ended with it"
kill -CONT "$WRITER"
wait $TAKER
[ ! -e refused ] || fail "it was refused: $(tail -n 1 trace)"
! grep -q "failed set=" "$D/journal" || fail "$(grep "failed set=" "$D/journal")"
: > end
finish 0
