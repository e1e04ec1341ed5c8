# Claim: a process in namespaces of its own is refused by its name, lives on,
# and sees in them what it saw; when it is gone the rest is saved.
cat > app.sh <<'S'
"$1/h_container" clone sh -c 'echo inside > /mnt/note; mkdir in
	until [ -e out.now ]; do sleep 0.02; done; cat /mnt/note; id -u' || exit
mkdir outside
exec "$1/p_file_offset"
S
launch bash app.sh "$ROOM"
wait_for_file in
for i in 1 2; do
	timeout -k 5 "$LIMIT" "$CKPT" checkpoint --wait --dir "$D" >> trace 2> ckpt.err &&
		fail "it was saved"
	grep -q '(s.*) is in a user namespace of its own' ckpt.err ||
		fail "not refused by its name: $(cat ckpt.err)"
done
: > out.now
wait_for_file outside
[ "$(cat out)" = $'inside\n0' ] || fail "it saw: $(cat out)"
wait_for_file ready
for i in 1 2; do
	checkpoint
	kill_and_restart
done
finish 0
