# Claim: what a program has started belongs to the computation when the program
# itself has ended at once: also before it could introduce itself.
for how in fork twice daemon vfork spawn clone unseen; do
	rm -rf "$D" ready verify
	launch "$ROOM/h_daemon" "$how"
	until_true "end of the front end ($how)" gone "$FRONT"
	until_true "ready ($how)" test -e ready
	checkpoint
	"$CKPT" kill "$D" >> trace 2>&1 || fail "$how: ckpt kill: $?"
done
restart
ping_program
checkpoint
kill_and_restart
finish 0
