# Claim: a program may be stopped again at once, before its thread has got the
# processor to go on from the stop before, and is not harmed: many checkpoints
# that are refused, one behind the other, on a busy machine.
cat > prog.py <<'P'
import os, time
fd = os.memfd_create("huge", os.MFD_HUGETLB)
os.mkdir("ready")
while not os.path.exists("verify"):
    if os.path.exists("ping"):
        os.unlink("ping")
    time.sleep(0.005)
P
[ -x /usr/bin/python3 ] || skip "python3 is not installed"
ask() {
	local i
	for i in {1..50}; do
		timeout 20 "$CKPT" checkpoint --wait --dir "$D" 2> "refused.$1" && break
	done
	:
}
launch /usr/bin/python3 prog.py
wait_for_file ready
BUSY=()
for i in 1 2 3; do
	(while :; do :; done) &
	BUSY+=($!)
done
ASKING=()
for i in 1 2 3 4; do
	ask "$i" &
	ASKING+=($!)
done
wait "${ASKING[@]}"
kill "${BUSY[@]}"
wait "${BUSY[@]}" 2> /dev/null
grep -q "huge pages" refused.1 || fail "$(cat refused.1)"
ping_program
finish 0
