# Claim: a node that dies while nobody looks, since the coordinator has been
# killed, is missed by the one that takes its place: no set is committed without
# the node's processes.
if [ -z "$IN_NAMESPACE" ]; then
	unshare -Urpuf --mount-proc true 2> /dev/null || skip "no process namespaces here"
	IN_NAMESPACE=1 exec unshare -Urpuf --mount-proc "$ROOM/run-one" "$NAME" "$MODE"
fi
status() { "$CKPT" status --json --dir "$D"; }
launch bash -c ': > ready; exec sleep 1000'
wait_for_file ready
CLAIM_DIR=$W unshare -puf --mount-proc --kill-child sh -c 'hostname other; "$@" & wait' - \
	"$CKPT" launch --dir "$D" -- sleep 1000 >> out 2>> err &
node=$!
until_true "the other node" eval 'status | grep -q "\"node\": \"other\""'
checkpoint
before=$(newest_set)
read -r keeper c <<< "$(coordinator_pids | tr '\n' ' ')"
kill -STOP "$keeper"
kill -9 "$c" $node
until_true "their end" eval 'gone $c && gone $node'
kill -CONT "$keeper"
until_true "another coordinator" "$CKPT" status --live --dir "$D" > /dev/null 2>&1
until_true "the loss" eval 'status | grep -q "\"state\": \"missing\""'
refused "on other.* of tree .* is missing"
[ "$(newest_set)" -eq "$before" ] || fail "there is a newer set"
