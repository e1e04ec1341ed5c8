# Claim: who was being restored when its restart was killed, and stands still
# since, is ended by the next restart: it may hold what that needs.
being_restored() { grep -qsz '^CKPT_PLAN=' "/proc/$1/environ"; }
launch "$ROOM/h_large" 128
wait_for_file ready
checkpoint
kill_all
for try in 1 2 3 4 5 6 7 8 9 10; do
	rm -f armed
	"$ROOM/h_restorer" "$D" > caught &
	catcher=$!
	until_true "who looks" test -e armed
	restart
	wait $catcher
	restorer=$(cat caught)
	[ -n "$restorer" ] && being_restored "$restorer" && break
	[ -z "$restorer" ] || kill -CONT "$restorer" # too late: it is the program
	ping_program
	kill_all
done
[ -n "$restorer" ] && being_restored "$restorer" || fail "nobody was caught in $try restarts"
until_true "the coordinator" test -s "$D/coordinator"
c=$(coordinator_pids)
# shellcheck disable=SC2086
kill -9 "$FRONT" $c 2>> trace
wait "$FRONT" 2> /dev/null
for p in $c; do until_true "end of process $p" gone "$p"; done
alive "$restorer" || fail "who was caught has ended already"
restart
ping_program
gone "$restorer" || fail "$restorer is still there"
finish 0
