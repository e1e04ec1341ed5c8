# Claim: an image has the name of the process's first thread, however the
# others are called, and twice in a row.
named() {
	"$CKPT" inspect "$D/set-$1"/proc.*.img > inspected 2>&1
	grep -q "^process .*(the chief)" inspected || fail "set $1: $(cat inspected)"
}
launch "$ROOM/p_thr_names"
wait_for_file ready
checkpoint
named 000001
kill_and_restart
checkpoint
named 000002
finish 0
