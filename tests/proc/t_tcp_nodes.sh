# Claim: a TCP connection to another machine is saved as one to the outside;
# but not in a computation that is on several nodes, as it may be one of them.
if [ -z "$IN_NAMESPACE" ]; then
	unshare -Urnu ip link set lo up 2> /dev/null || skip "no network namespaces here"
	IN_NAMESPACE=1 exec unshare -Urnu "$ROOM/run-one" "$NAME" "$MODE"
fi
other_net() { [ "$(readlink /proc/$OTHER/ns/net)" != "$(readlink /proc/self/ns/net)" ]; }
in_other() { nsenter -t $OTHER -n "$@"; }
ip link set lo up
CLAIM_DIR=$W unshare -n sleep 1000 &
OTHER=$!
until_true "the other machine" other_net
ip link add here type veth peer name there
ip link set there netns $OTHER
ip address add 192.0.2.1/24 dev here
ip link set here up
in_other ip address add 192.0.2.2/24 dev there
in_other ip link set there up
CLAIM_DIR=$W in_other python3 -c '
import socket
s = socket.create_server(("192.0.2.2", 5000))
open("listens", "w")
all = []
while True:
    all.append(s.accept())
' &
until_true "the listener" test -e listens
launch bash -c 'exec 3<> /dev/tcp/192.0.2.2/5000 && : > ready && read -u 3 -r x'
wait_for_file ready
checkpoint
CLAIM_DIR=$W unshare -u sh -c 'hostname elsewhere; exec "$@"' - \
	"$CKPT" launch --dir "$D" -- sleep 1000 >> out 2>> err &
two_nodes() { "$CKPT" status --json --dir "$D" | grep -q '"elsewhere"'; }
until_true "the second node" two_nodes
timeout -k 5 "$LIMIT" "$CKPT" checkpoint --wait --dir "$D" 2> ckpt.err &&
	fail "the checkpoint was not refused"
grep -q "192.0.2.2.*may be another node" ckpt.err ||
	fail "the refusal is another one: $(cat ckpt.err)"
