# Claim: no space for an image set: the checkpoint fails and says so, the
# program goes on, the older set is whole; with space again, the next works.
. "$ROOM/fault.sh"
if [ -z "$IN_NAMESPACE" ]; then
	unshare -Urm true 2>> trace || skip "no user namespaces here"
	IN_NAMESPACE=1 exec unshare -Urm "$ROOM/run-one" "$NAME" "$MODE"
fi
mkdir -p small
mount -t tmpfs -o size=400m none small || fail "no tmpfs"
D=$W/small/ck
begin
head -c 1G /dev/zero > small/filler 2>> trace
for i in 1 2; do
	failing_checkpoint
	grep -qi "space" ckpt.err || fail "no word of space: $(cat ckpt.err)"
	older_set_whole 1
	ping_program
	head -c 1G /dev/zero > small/filler 2>> trace
done
rm small/filler
checkpoint
ping_program
kill_all
restart
ping_program
finish 0
