# Claim: POSIX shared memory that is not there at the restart, as on another
# node, is made again with its contents; what is there still gets them back;
# another one's file is not touched.
[ -x /usr/bin/python3 ] || skip "python3 is not installed"
cat > prog.py <<'P'
import mmap, os, time
name = "/dev/shm/claim-%d" % os.getpid()
fd = os.open(name, os.O_CREAT | os.O_RDWR, 0o640)
os.ftruncate(fd, 65536)
m = mmap.mmap(fd, 65536)
os.close(fd)
m[5000:5005] = b"saved"
open("name", "w").write(name)
os.mkdir("ready")
while not os.path.exists("verify"):
    if os.path.exists("ping"):
        os.unlink("ping")
    if os.path.exists("change"):
        m[5000:5005] = b"later"
        os.rename("change", "changed")
    time.sleep(0.005)
assert m[5000:5005] == b"saved", m[5000:5005]
f = open(name, "rb")
assert f.read()[5000:5005] == b"saved"
assert os.fstat(f.fileno()).st_mode & 0o777 == 0o640
os.unlink(name)
P
launch /usr/bin/python3 prog.py
wait_for_file ready
name=$(cat name)
checkpoint
: > change
wait_for_file changed
kill_and_restart
checkpoint
kill_all
[ -e "$name" ] || fail "it went away with the processes"
rm "$name"
mkdir "$name"
if "$CKPT" restart "$D" > refused 2>&1; then fail "restarted over a directory"; fi
grep -q "$name" refused || fail "$(cat refused)"
rmdir "$name"
restart
finish 0
