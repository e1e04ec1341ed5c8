# Claim: a file that is mapped for reading, and whose beginning was changed in
# place since the checkpoint, is no reason to refuse a restart.
cat > prog.py <<'P'
import mmap, os, time
data = open("data", "w+b")
data.write(b"old" * 3000)
data.flush()
fd = os.open("data", os.O_RDONLY)
shared = mmap.mmap(fd, 0, mmap.MAP_SHARED, mmap.PROT_READ)
private = mmap.mmap(fd, 0, mmap.MAP_PRIVATE, mmap.PROT_READ)
os.close(fd)
data.close()
os.mkdir("ready")
while not os.path.exists("verify"):
    if os.path.exists("ping"):
        os.unlink("ping")
    time.sleep(0.005)
assert shared[:3] == b"new" and private[:3] == b"new" and shared[-3:] == b"old"
P
[ -x /usr/bin/python3 ] || skip "python3 is not installed"
launch /usr/bin/python3 prog.py
wait_for_file ready
checkpoint
kill_all
printf new | dd of=data conv=notrunc status=none
restart
ping_program
finish 0
