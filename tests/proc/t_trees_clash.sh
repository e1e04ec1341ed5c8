# Claim: what two trees of one computation have in common and only one of them
# could have again is refused, by the names of both; when it is gone the next
# checkpoint is taken.
[ -x /usr/bin/python3 ] || skip "python3 is not installed"
cat > keep.py <<'P'
import fcntl, os, signal, socket
def have(number, s):
    os.dup2(s.fileno(), number)
def bound(number, family, kind, name, listen=0):
    s = socket.socket(family, kind)
    s.bind(name)
    if listen:
        s.listen()
    have(number, s)
bound(10, socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", 0), 1)
bound(11, socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", 0))
bound(12, socket.AF_UNIX, socket.SOCK_STREAM, os.getcwd() + "/socket", 1)
bound(13, socket.AF_UNIX, socket.SOCK_DGRAM, "\0" + os.getcwd())
f = open("locked", "w")
fcntl.flock(f, fcntl.LOCK_EX)
have(14, f)
open("kept", "w")
signal.pause()
P
# steal.py KEEPER NUMBERS COMMAND...: with these descriptors of the keeper
cat > steal.py <<'P'
import ctypes, os, sys
libc = ctypes.CDLL(None)
of = os.pidfd_open(int(sys.argv[1]))
for n in map(int, sys.argv[2].split()):
    fd = libc.syscall(438, of, n, 0) # pidfd_getfd
    if fd < 0:
        print("SKIP another process's descriptors can't be taken", file=sys.stderr)
        sys.exit(77)
    os.dup2(fd, n)
    os.set_inheritable(n, True)
os.execvp(sys.argv[3], sys.argv[3:])
P
cat > hold.py <<'P'
import ctypes, os, sys
libc = ctypes.CDLL(None)
name = sys.argv[1]
for what in sys.argv[2:]:
    if what == "sem":
        assert libc.semget(int(open("key").read()), 1, 0o1600) >= 0
    elif what == "queue":
        q = libc.msgget(0, 0o1600) if not os.path.exists("id") else int(open("id").read())
        assert libc.msgctl(q, 2, ctypes.create_string_buffer(512)) == 0
        open("id.new", "w").write(str(q))
        os.rename("id.new", "id")
    elif what == "fifo":
        fd = os.open("fifo", os.O_RDWR)
        if name == "a":
            os.write(fd, b"unread")
open(name + ".ready", "w")
while not os.path.exists("verify") and not os.path.exists(name + ".end"):
    if os.path.exists("ping"):
        os.unlink("ping")
if name == "a":
    libc.semctl(libc.semget(int(open("key").read()), 1, 0), 0, 0)
    libc.msgctl(int(open("id").read()), 0, None)
P
echo $((0x46000000 | $$)) > key
mkfifo fifo
env CLAIM_DIR="$W" python3 keep.py &
KEEPER=$!
until_true "the keeper" test -e kept
tree() { # NAME NUMBERS [WHAT...]
	local name=$1 numbers=$2
	shift 2
	(exec env CLAIM_DIR="$W" python3 steal.py $KEEPER "$numbers" "$CKPT" launch \
		--dir "$D" -- python3 hold.py "$name" "$@" >> "$W/out" 2>> "$W/err") &
	FRONT=$!
	wait_for_file "$name.ready"
}
# both NAME NUMBERS WHAT PATTERN: a second tree with that is in the way
both() {
	tree "$1" "$2" $3
	refused "$4"
	: > "$1.end"
	wait $FRONT || fail "$1 ended with $?"
}
tree a "10 11 12 13 14" sem queue fifo
FIRST=$FRONT
both b 10 "" 'tree main.*, process [0-9]+ \(python3.*\), descriptor 10: TCP socket listening at 127.0.0.1:[0-9]+: tree main.* has that, too'
both c 11 "" 'UDP socket .*: tree main.* has that, too'
both d 12 "" 'descriptor 12: .*/socket.*: tree main.* has that, too'
both e 13 "" 'descriptor 13: .*: tree main.* has that, too'
both f 14 "" 'descriptor 14: .*/locked.*: tree main.* has that, too'
both g "" sem 'System V semaphores .*: tree main.* has that, too'
both h "" queue 'System V message queue .*: tree main.* has that, too'
both i "" fifo 'the named pipe .*/fifo.*: tree main.* has that, too'
FRONT=$FIRST
checkpoint
kill $KEEPER
kill_and_restart
finish 0
