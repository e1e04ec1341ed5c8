# Claim: a restart takes over what is left of the computation's own System V
# objects, as often as it is made; one whose key somebody else has taken is
# refused, and nothing of theirs is touched.
cat > prog.py <<'P'
import ctypes, os, time
libc = ctypes.CDLL(None, use_errno=True)
libc.shmat.restype = ctypes.c_void_p
key = 0x46000000 | os.getpid()
sid = libc.shmget(key, 8192, 0o1000 | 0o2000 | 0o600)
assert sid >= 0
at = libc.shmat(sid, None, 0)
ctypes.memmove(at, b"saved", 5)
open("key", "w").write("%d" % key)
os.mkdir("ready")
while not os.path.exists("verify"):
    if os.path.exists("ping"):
        os.unlink("ping")
    time.sleep(0.005)
assert ctypes.string_at(at, 5) == b"saved"
assert libc.shmget(key, 0, 0) == sid
assert libc.shmctl(sid, 0, None) == 0
P
cat > other.py <<'P'
import ctypes, sys
libc = ctypes.CDLL(None)
libc.shmat.restype = ctypes.c_void_p
key = int(open("key").read())
if sys.argv[1] == "make":
    sid = libc.shmget(key, 8192, 0o1000 | 0o2000 | 0o600)
    ctypes.memmove(libc.shmat(sid, None, 0), b"other", 5)
    sys.exit(sid < 0)
sid = libc.shmget(key, 0, 0)
same = sys.argv[1] == "remove" or ctypes.string_at(libc.shmat(sid, None, 0), 5) == b"other"
sys.exit(libc.shmctl(sid, 0, None) != 0 or not same)
P
[ -x /usr/bin/python3 ] || skip "python3 is not installed"
launch /usr/bin/python3 prog.py
wait_for_file ready
checkpoint
kill_and_restart
kill_and_restart
kill_all
python3 other.py remove || fail "what was left is not there"
python3 other.py make || fail "can't take the key"
if "$CKPT" restart "$D" > refused 2>&1; then fail "restarted on another's memory"; fi
grep -q "key 0x46" refused || fail "$(cat refused)"
python3 other.py check || fail "the other's memory was touched"
restart
finish 0
