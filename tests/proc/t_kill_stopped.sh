# Claim: a computation ends also when some of its processes are stopped by a
# signal: by ckpt kill, by ckpt quit, and after checkpoint --kill.
for how in kill quit checkpoint; do
	rm -rf "$D" ready verify
	launch "$ROOM/h_stopped"
	wait_for_file ready
	list=$(mine)
	case $how in
	checkpoint) checkpoint --kill ;;
	*)
		"$CKPT" "$how" --timeout 30 "$D" >> trace 2>&1 ||
			fail "ckpt $how ended with $?: $(tail -n 1 trace)"
		;;
	esac
	for p in $list; do until_true "end of $p after $how" gone "$p"; done
	until_true "end of the front end" gone "$FRONT"
done
