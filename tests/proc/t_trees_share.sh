# Claim: what two trees may have at the same time they have in every life: a
# port with SO_REUSEPORT, a POSIX queue, and a file in /dev/shm that is one for
# both, also when another node has neither.
[ -x /usr/bin/python3 ] || skip "python3 is not installed"
cat > share.py <<'P'
import ctypes, mmap, os, socket, sys
libc = ctypes.CDLL(None)
name = sys.argv[1]
other = "ab"[name == "a"]
own = "/ckpt-share-%s" % open("number").read().strip()
path = "/dev/shm" + own
f = open(path, "r+b" if os.path.exists(path) else "w+b")
f.truncate(8192)
m = mmap.mmap(f.fileno(), 8192)
q = libc.mq_open(own.encode(), os.O_RDWR | os.O_CREAT | os.O_NONBLOCK, 0o600, None)
s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
if name == "a":
    s.bind(("127.0.0.1", 0))
    open("port", "w").write(str(s.getsockname()[1]))
else:
    s.bind(("127.0.0.1", int(open("port").read())))
s.listen()
open(name + ".ready", "w")
n = 0
while not os.path.exists("verify"):
    if os.path.exists(name + ".ping"): # what a writes at 0 b finds, and so on
        n += 1
        at = 0 if name == "a" else 100
        m[at:at + 4] = b"%04d" % n
        os.unlink(name + ".ping")
    try:
        os.unlink("ping") # the one or the other
    except FileNotFoundError:
        pass
    if os.path.exists(name + ".look"):
        at = 100 if name == "a" else 0
        assert m[at:at + 4] == b"%04d" % n, (name, m[at:at + 4], n)
        os.unlink(name + ".look")
if name == "a":
    assert q >= 0 and libc.mq_send(q, b"from a", 6, 1) == 0
    open("sent", "w")
else:
    while not os.path.exists("sent"):
        pass
    buf = ctypes.create_string_buffer(8192)
    assert libc.mq_receive(q, buf, 8192, None) == 6 and buf.raw[:6] == b"from a"
    libc.mq_unlink(own.encode())
    os.unlink(path)
P
echo $$ > number
together() {
	local n
	for n in a.ping b.ping a.look b.look; do
		: > $n
		until_true "$n" gone_file $n
	done
}
elsewhere() { rm -f "/dev/shm/ckpt-share-$$"; python3 -c 'import ctypes, sys
ctypes.CDLL(None).mq_unlink(sys.argv[1].encode())' "/ckpt-share-$$"; }
trap elsewhere EXIT
launch python3 share.py a
wait_for_file a.ready
launch python3 share.py b
wait_for_file b.ready
together
for life in 1 2 3; do
	checkpoint
	kill_all
	[ $life -eq 2 ] || elsewhere
	restart
	ping_program
	together
done
finish 0
