# Claim: sockets at an address that the machine of the restart does not have
# are on loopback there, and those of the tree still find each other.
if [ -z "$IN_NAMESPACE" ]; then
	unshare -Urn ip link set lo up 2> /dev/null || skip "no network namespaces here"
	IN_NAMESPACE=1 exec unshare -Urn "$ROOM/run-one" "$NAME" "$MODE"
fi
ip link set lo up
ip address add 192.0.2.77/32 dev lo
launch "$ROOM/h_inet_moved" 192.0.2.77
wait_for_file ready
checkpoint
kill_all
ip address del 192.0.2.77/32 dev lo
restart
ping_program
finish 0
