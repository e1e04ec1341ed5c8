# Claim: ckpt kill ends the computation when its first connection to the
# coordinator is lost before anybody has read what it says there.
type python3 > /dev/null 2>&1 || skip "no python3"
cat > relay.py <<'P'
import os, select, socket, sys
there = (sys.argv[1], int(sys.argv[2]))
l = socket.create_server(("127.0.0.1", 0))
with open("port.new", "w") as f:
    f.write(str(l.getsockname()[1]))
os.rename("port.new", "port")
COMMAND = b"CKP1\x40\x00" # how its frame begins
first = True
pairs = {}
clients = set()
while True:
    for s in select.select([l, *pairs], [], [])[0]:
        if s is l:
            a, b = l.accept()[0], socket.create_connection(there)
            pairs[a], pairs[b] = b, a
            clients.add(a)
            continue
        if s not in pairs:
            continue
        try:
            data = s.recv(65536)
        except OSError:
            data = b""
        # it may come together with what is said before it
        if first and s in clients and COMMAND in data:
            first, data = False, b""
            open("lost", "w").close()
        if data:
            pairs[s].sendall(data)
        else:
            o = pairs.pop(s)
            pairs.pop(o)
            s.close()
            o.close()
P
launch sleep 1000
until_true "an address" [ -s "$D/coordinator" ]
until_true "the program" eval '[ -n "$(pids_of)" ]'
read -r host port rest < "$D/coordinator"
CLAIM_DIR="$W" python3 relay.py "$host" "$port" &
RELAY=$!
until_true "the relay" [ -e port ]
echo "$host $(cat port) $rest" > "$D/coordinator"
"$CKPT" kill --timeout 30 "$D" >> trace 2>&1 || fail "ckpt kill ended with $?: $(tail -n 1 trace)"
[ -e lost ] || fail "nothing was lost"
until_true "the end of the front end" gone "$FRONT"
kill "$RELAY" 2> /dev/null || : # it ends by itself where nobody is to connect to
