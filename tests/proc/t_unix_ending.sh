# Claim: a restart waits for who has the name of one of its Unix sockets and is
# about to end.
type python3 > /dev/null 2>&1 || skip "no python3"
cat > prog.py <<'P'
import os, socket, time
s = socket.socket(socket.AF_UNIX)
s.bind("\0ending-%d" % os.getpid())
s.listen()
print(os.getpid(), flush=True)
os.mkdir("ready")
while not os.path.exists("verify"):
    if os.path.exists("ping"):
        os.unlink("ping")
    time.sleep(0.01)
c = socket.socket(socket.AF_UNIX)
c.connect(s.getsockname())
P
launch python3 prog.py
wait_for_file ready
checkpoint
name=$(head -n 1 out)
kill_all
env CLAIM_DIR="$W" python3 -c "import os, socket, time
s = socket.socket(socket.AF_UNIX)
s.bind('\0ending-$name')
os.mkdir('taken')
while not os.path.exists('go'): time.sleep(0.01)" &
HOLDER=$!
until_true "the name to be taken" [ -e taken ]
restart_beside "$HOLDER"
ping_program
finish 0
