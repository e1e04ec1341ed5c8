# Claim: a socket whose file was renamed comes back under the new name, when its
# first name is another socket's by now, or any other file; and keeps the name
# that it was bound by where that can be had for a moment.
[ -x /usr/bin/python3 ] || skip "python3 is not installed"
cat > moved.py <<'P'
import os, socket
d = os.getcwd()
def listen(kept):
    s = socket.socket(socket.AF_UNIX)
    s.bind(d + "/new")
    s.listen()
    if kept:
        os.rename("new", kept)
    return s
def meet(s, name):
    c = socket.socket(socket.AF_UNIX)
    c.connect(name)
    x = s.accept()[0]
    x.sendall(b"x")
    assert c.recv(1) == b"x", name
one, two = listen("one"), listen("two")
three = listen(None) # has the name that they had
os.mkdir("files")
d += "/files"
os.chdir("files")
four = listen("four")
open("new", "w").write("a file")
os.chdir("..")
os.mkdir("ready")
while not os.path.exists("verify"):
    if os.path.exists("ping"):
        for s, name in ((one, "one"), (two, "two"), (three, "new"), (four, "files/four")):
            meet(s, name)
        for s in (one, two, three):
            assert s.getsockname() == os.getcwd() + "/new", s.getsockname()
        assert open("files/new").read() == "a file"
        os.unlink("ping")
P
launch /usr/bin/python3 moved.py
wait_for_file ready
ping_program
for life in 1 2 3; do
	checkpoint
	kill_and_restart
done
finish 0
