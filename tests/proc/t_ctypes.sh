# Claim: what Python calls in libc.so.6 by ctypes takes and gives the numbers
# that the program knows, in its third life, too.
command -v python3 > /dev/null || skip "no python3"
cat > libc.py <<'P'
import ctypes, os, signal, sys, threading
libc = ctypes.CDLL("libc.so.6")
me, tid = os.getpid(), threading.get_native_id()
child = libc.fork()
if child == 0:
    while True:
        signal.pause()
os.mkdir("ready")
while not os.path.exists("verify"):
    try:
        os.unlink("ping")
    except OSError:
        signal.sigtimedwait([], 0.01)
def same(what, got, want):
    if got != want:
        sys.exit(f"{what} gives {got}, not {want}")
same("getpid", libc.getpid(), me)
same("gettid", libc.gettid(), tid)
same("syscall", libc.syscall(39), me)
same("kill", libc.kill(child, 9), 0)
status = ctypes.c_int()
same("waitpid", libc.waitpid(child, ctypes.byref(status), 0), child)
same("status", status.value, 9)
P
launch python3 libc.py
wait_for_file ready
twice_more
finish 0
