# Claim: where one of two trees can't be restarted, nothing is done for the
# other: its files are as they were left.
work() { # NAME: has it open, writes to it when it is told
	echo "exec 5>>$1; echo one >&5; : > $1.ready
	until [ -e verify ]; do rm -f ping; [ ! -e more ] || [ -e $1.told ] || { echo two >&5; : > $1.told; }; done"
}
launch /bin/bash -c "$(work a)"
wait_for_file a.ready
launch /bin/bash -c "$(work b)"
wait_for_file b.ready
checkpoint
: > more
wait_for_file a.told
wait_for_file b.told
kill_all
rm more a.told b.told
mv b kept
"$CKPT" verify "$D" > verified && fail "verify sees nothing"
grep -q "BLOCKED process .*/b was open and is missing" verified ||
	fail "verify says: $(cat verified)"
: > err
restart
wait "$FRONT" && fail "it was restarted"
grep -q "/b was open and is missing" err || fail "it says: $(cat err)"
[ "$(tail -n 1 a)" = two ] || fail "a was put back"
[ -z "$(mine)" ] || fail "left behind: $(mine)"
mv kept b
restart
ping_program
[ "$(cat a b | sort -u)" = one ] || fail "a and b were not put back"
finish 0
