# Claim: a restart where fewer signals may wait than waited is refused by
# name, and where they may it goes on with all of them.
launch "$ROOM/p_attr_sig_limit"
wait_for_file ready
checkpoint
kill_all
(ulimit -i 3 && exec "$CKPT" restart "$D" > out.low 2>&1) &
until_true "the refusal" gone $!
grep -q "signals that waited can't wait here" out.low || fail "it says: $(cat out.low)"
restart
ping_program
finish 0
