# Claim: processes that are lost with their node are missing, not ended: no set
# is committed without them, the older ones stay, and it is said who is missing;
# one that has ended there is not. What they were saved as comes back.
if [ -z "$IN_NAMESPACE" ]; then
	unshare -Urpuf --mount-proc true 2> /dev/null || skip "no process namespaces here"
	IN_NAMESPACE=1 exec unshare -Urpuf --mount-proc "$ROOM/run-one" "$NAME" "$MODE"
fi
status() { "$CKPT" status --json --dir "$D"; }
node() { # NAME PROGRAM...: a node of its own; it dies with $NODE
	local name=$1
	shift
	CLAIM_DIR=$W unshare -puf --mount-proc --kill-child sh -c '
		hostname "$1"; shift
		"$@" & wait' - "$name" "$CKPT" launch --dir "$D" -- "$@" >> out 2>> err &
	NODE=$!
}
has_node() { status | grep -q "\"node\": \"$1\""; }

launch bash -c ': > ready; exec sleep 1000'
wait_for_file ready
# one that ends there is no loss
node other bash -c ': > there; while [ ! -e go ]; do sleep 0.1; done'
until_true "the other node" has_node other
until_true "the program there" test -e there
touch go
wait $NODE
checkpoint
# and one that is killed is none while its node tells
rm go there
node third bash -c 'sleep 1000 & echo $! > child; wait; : > killed; sleep 1000'
until_true "the third node" has_node third
until_true "its child" test -s child
until_true "the child's registration" eval 'status | grep -q "\"command\": \"sleep\""'
checkpoint
before=$(newest_set)
kill -9 $NODE
until_true "the loss" eval 'status | grep -q "\"state\": \"missing\""'
refused "bash .*on third.* of tree .* is missing|sleep .*on third.* of tree .* is missing"
[ "$(newest_set)" -eq "$before" ] && [ -e "$D/set-$(printf %06d "$before")/MANIFEST" ] ||
	fail "the set before is not there any more"
