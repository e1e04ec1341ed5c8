# Claim: a queue with messages that a process outside of the computation has
# open, too, is refused by name, and nothing is taken; without that process it
# is saved, and put back as it was into what the killed run has left under its
# name.
cat > prog.py <<'P'
import ctypes, os, sys, time
libc = ctypes.CDLL(None, use_errno=True)
name = b"/ckpt-test-%d" % int(sys.argv[1])
if len(sys.argv) > 2:
    q = libc.mq_open(name, os.O_RDONLY)
    assert q >= 0
    open("up", "w").close()
    time.sleep(300)
q = libc.mq_open(name, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600, None)
assert q >= 0
for i in range(3):
    assert libc.mq_send(q, b"message%d" % i, 8, i & 1) == 0
os.mkdir("ready")
while not os.path.exists("verify"):
    if os.path.exists("ping"):
        os.unlink("ping")
    if os.path.exists("more"):
        assert libc.mq_send(q, b"too late", 8, 9) == 0
        os.unlink("more")
    time.sleep(0.005)
buf = ctypes.create_string_buffer(8192)
for want in b"message1", b"message0", b"message2":
    assert libc.mq_receive(q, buf, 8192, None) == 8 and buf.raw[:8] == want
attr = (ctypes.c_long * 8)()
assert libc.mq_getattr(q, attr) == 0 and attr[3] == 0
assert libc.mq_unlink(name) == 0
P
[ -x /usr/bin/python3 ] || skip "python3 is not installed"
launch /usr/bin/python3 prog.py $$
wait_for_file ready
(exec /usr/bin/python3 prog.py $$ outside) &
OUTSIDE=$!
until_true "the process outside" [ -e up ]
if "$CKPT" checkpoint --wait "$D" > refused 2>&1; then fail "was saved"; fi
grep -q "process $OUTSIDE outside" refused || fail "$(cat refused)"
kill $OUTSIDE
wait $OUTSIDE 2> /dev/null
checkpoint
: > more
until_true "one message more" [ ! -e more ]
kill_and_restart
finish 0
