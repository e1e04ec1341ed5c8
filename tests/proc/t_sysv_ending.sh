# Claim: a restart waits for who has its System V memory attached and is about
# to end.
type python3 > /dev/null 2>&1 || skip "no python3"
cat > prog.py <<'P'
import ctypes, os, time
libc = ctypes.CDLL(None)
libc.shmat.restype = ctypes.c_void_p
seg = libc.shmget(os.getpid(), 4096, 0o1600)
at = libc.shmat(seg, None, 0)
ctypes.memmove(at, b"here", 4)
print(os.getpid(), flush=True)
os.mkdir("ready")
while not os.path.exists("verify"):
    if os.path.exists("ping"):
        os.unlink("ping")
    time.sleep(0.01)
kept = ctypes.string_at(at, 4)
libc.shmctl(seg, 0, None)
exit(kept != b"here")
P
launch python3 prog.py
wait_for_file ready
checkpoint
key=$(head -n 1 out)
kill_all
env CLAIM_DIR="$W" python3 -c "import ctypes, os, time
libc = ctypes.CDLL(None)
libc.shmat(libc.shmget($key, 0, 0), None, 0)
os.mkdir('taken')
while not os.path.exists('go'): time.sleep(0.01)" &
HOLDER=$!
until_true "the memory to be attached" [ -e taken ]
restart_beside "$HOLDER"
ping_program
finish 0
