# Claim: a restart puts back the bytes of a file that was mapped for writing
# and closed, and its length; with --files=keep it does neither; a file that
# was replaced is refused by name; one that is gone is made again, with its
# directory, as on another node.
cat > prog.py <<'P'
import ctypes, os, time
libc = ctypes.CDLL(None)
libc.mmap.restype = ctypes.c_void_p
libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int,
                      ctypes.c_int, ctypes.c_int, ctypes.c_long]
os.mkdir("dir")
fd = os.open("dir/data", os.O_CREAT | os.O_RDWR, 0o640)
os.ftruncate(fd, 8192)
at = libc.mmap(None, 8192, 3, 1, fd, 0)  # both rights, MAP_SHARED
m = (ctypes.c_char * 8192).from_address(at)
os.close(fd)
m[5000:5005] = b"saved"
os.mkdir("ready")
while not os.path.exists("verify"):
    if os.path.exists("ping"):
        os.unlink("ping")
    if os.path.exists("change"):
        m[5000:5005] = b"later"
        os.truncate("dir/data", 9000)
        os.rename("change", "changed")
    time.sleep(0.005)
open("seen", "wb").write(m[5000:5005])
P
[ -x /usr/bin/python3 ] || skip "python3 is not installed"
launch /usr/bin/python3 prog.py
wait_for_file ready
checkpoint
: > change
wait_for_file changed
kill_all
restart --files=keep
ping_program
kill_all
data=dir/data
grep -q later $data || fail "--files=keep put bytes back"
[ "$(stat -c %s $data)" -eq 9000 ] || fail "--files=keep cut"
mv $data aside
cp aside $data
if "$CKPT" restart "$D" > refused 2>&1; then fail "another file was taken"; fi
grep -q "data, which was mapped, is another file" refused || fail "$(cat refused)"
cmp $data aside || fail "the other file was changed"
mv aside $data
restart
ping_program
kill_all
rm -r dir
restart
finish 0
[ "$(cat seen)" = saved ] || fail "memory has $(cat seen)"
grep -q saved $data || fail "the file was not put back"
[ "$(stat -c %a $data)" -eq 640 ] || fail "its mode is another"
[ "$(stat -c %s $data)" -eq 8192 ] || fail "the file was not cut"
