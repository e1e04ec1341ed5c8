# Claim: a shell script's System V ids, made and used by short commands, go on
# being good after a restart; a segment that a process outside has attached is
# refused by name, until it lets go.
cat > script <<'P'
set -e
queue=$(ipcmk -Q | sed 's/.*: //')
sem=$(ipcmk -S 3 | sed 's/.*: //')
seg=$(ipcmk -M 5000 | sed 's/.*: //')
echo $seg > seg
mkdir ready
until [ -e verify ]; do rm -f ping; done
python3 -c 'import ctypes, sys
# GETNCNT of the last one
sys.exit(ctypes.CDLL(None).semctl(int(sys.argv[1]), 2, 14))' $sem
ipcrm -q $queue
ipcrm -s $sem
ipcrm -m $seg
P
cat > holder.py <<'P'
import ctypes, os, time
libc = ctypes.CDLL(None)
libc.shmat.restype = ctypes.c_void_p
libc.shmat.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_int]
if libc.shmat(int(open("seg").read()), None, 0) in (None, 2 ** 64 - 1):
    raise SystemExit(1)
os.mkdir("attached")
end = time.time() + 60
while not os.path.exists("letgo") and time.time() < end:
    time.sleep(0.005)
P
[ -x /usr/bin/python3 ] || skip "python3 is not installed"
[ -x /usr/bin/ipcmk ] || skip "ipcmk is not installed"
launch /bin/bash script
wait_for_file ready
python3 holder.py > holder.out 2>&1 &
holder=$!
wait_for_file attached
if "$CKPT" checkpoint --wait "$D" > refused 2>&1; then fail "no refusal"; fi
grep -q "attached by process $holder " refused || fail "$(cat refused)"
: > letgo
wait "$holder"
checkpoint
kill_and_restart
checkpoint
kill_all
restart
finish 0
