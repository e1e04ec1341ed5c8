# Claim: an epoll set with standard input in it watches that of the new
# surroundings; where that can't be watched, the restart is refused by name.
type python3 > /dev/null 2>&1 || skip "no python3"
cat > script <<'S'
import os, select, sys
p = select.epoll()
p.register(0, select.EPOLLIN)
os.mkdir("ready")
p.poll()
print("got", os.read(0, 100).decode().strip())
S
mkfifo in1
(exec env CLAIM_DIR="$W" "$CKPT" launch --dir "$D" -- python3 script \
	< in1 > out1 2>> err) &
FRONT=$!
exec 8> in1
wait_for_file ready
checkpoint
kill_all
exec 8>&-
timeout "$LIMIT" env CLAIM_DIR="$W" "$CKPT" restart "$D" < /dev/null > out2 \
	2> err2 && fail "it was restarted without something to wait for"
grep -q "standard input by epoll" err2 || fail "refused so: $(cat err2)"
: > out2
echo word | timeout "$LIMIT" env CLAIM_DIR="$W" "$CKPT" restart \
	"$D" > out2 2>> err || fail "restart ended with $?"
[ "$(cat out2)" = "got word" ] || fail "after the restart: $(cat out2)"
