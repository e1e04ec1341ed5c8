# Claim: a restart is refused, and nothing is changed, when a file that the
# program was writing is another one by now, is shorter, or is missing; it is
# named. With the old file back it goes well.
cat > script <<'S'
exec 5>> log 6>> results
echo "before" >&5
echo "before" >&6
mkdir ready
until [ -e verify ]; do rm -f ping; done
echo "after" >&6
S
refused() {
	timeout "$LIMIT" "$CKPT" restart "$D" >> trace 2> second.err &&
		fail "it was restarted: $1"
	grep -q "$1" second.err || fail "no word of '$1': $(cat second.err)"
	[ "$(cat log)" = "$(cat log.now)" ] || fail "a file was cut back"
}
launch /bin/bash script
wait_for_file ready
checkpoint
kill_all
echo "later" >> log
cp log log.now
mv results old
cp old results
refused "results is another file than at the checkpoint"
rm results
refused "results was open and is missing now"
cp -l old results
: > results
refused "results is shorter than at the checkpoint"
echo "before" > old
restart
ping_program
finish 0
[ "$(cat results)" = "before
after" ] || fail "it has written: $(cat results)"
[ "$(cat log)" = "before" ] || fail "not cut back: $(cat log)"
