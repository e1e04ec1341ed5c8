# Claim: the capture helper of a checkpoint that has failed ends when the next
# one is on its way: that is no matter of the next one, which succeeds.
. "$ROOM/fault.sh"
launch sh -c "sleep 1000 & \"$ROOM/w_work\"; st=\$?; kill \$!; exit \$st"
wait_for_file ready
checkpoint
child=$("$CKPT" status --json --dir "$D" | grep -B2 '"command": "sleep"' |
	sed -n 's/.*"real_pid": \([0-9]*\).*/\1/p')
[ -n "$child" ] || fail "status names no sleep"
SLAY_STOP=1 slay "ckpt capture"
timeout -k 5 "$LIMIT" "$CKPT" checkpoint --wait --dir "$D" >> trace 2> ckpt.err &
TAKER=$!
wait "$SLAY" || fail "no helper came"
late=$(tail -n 1 trace)
between=$(awk '/^PPid:/ { print $2 }' "/proc/$late/status")
at_state capturing sh -c "kill -9 $late; while [ -d /proc/$between ]; do sleep 0.01; done"
kill -9 "$child" # and so the checkpoint fails
wait "$TAKER" || fail "the next checkpoint failed: $(tail -n 2 ckpt.err | tr '\n' ' ')"
at_done
! grep -q "failed: .*ckpt capture" "$D/log" || fail "the helper's end was taken for the next one's"
grep -q "checkpoint [0-9]* failed: " "$D/log" || fail "no checkpoint failed"
restartable
