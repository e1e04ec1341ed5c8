# Claim: a restart of many processes that can't be says so in one line, with
# the first reason, and leaves nothing behind; it succeeds when the reason is
# gone.
cp "$(command -v sleep)" doze
cat > script <<'S'
for i in {1..30}; do
	./doze 1000 &
	until [ "$(< /proc/$!/comm)" = doze ]; do :; done
done
mkdir ready
until [ -e verify ]; do rm -f ping; done
[ "$(jobs -rp | wc -l)" = 30 ] || echo "not all there"
kill $(jobs -p)
wait
S
launch /bin/bash script
wait_for_file ready
checkpoint
kill_all
mv doze kept
cp kept doze
echo >> doze
: > err
restart
wait "$FRONT" && fail "it was restarted with another program"
[ "$(wc -l < err)" = 1 ] || fail "more than one line: $(head -n 5 err)"
grep -q "failed, none of its 3[0-9] processes runs: .*doze.* replaced" err ||
	fail "it says: $(cat err)"
[ -z "$(mine)" ] || fail "left behind: $(mine)"
mv kept doze
restart
ping_program
finish 0
[ ! -s out ] || fail "it has written: $(cat out)"
