# Claim: a container's starter works as it does without us, and nothing of
# ours is inside; what runs there is refused by its name; when it is gone the
# rest is saved.
cat > app.sh <<'S'
for how in clone unshare; do
	"$1/h_container" $how sh -c 'echo inside > /mnt/note; mkdir $0
		until [ -e $0.out ]; do sleep 0.02; done
		cat /mnt/note; id -u; env | grep -E "CKPT_|LD_PRELOAD"' $how
	st=$?
	[ $st -ne 77 ] || exit $st
done
LD_PRELOAD=libm.so.6 "$1/h_container" unshare env | grep LD_PRELOAD
mkdir outside
exec "$1/p_file_offset"
S
launch bash app.sh "$ROOM"
for how in clone unshare; do
	wait_for_file $how
	for i in 1 2; do
		refused '\(s(h|leep)\).*container'
	done
	: > $how.out
done
wait_for_file outside
[ "$(cat out)" = $'inside\n0\ninside\n0\nLD_PRELOAD=libm.so.6' ] ||
	fail "it saw: $(cat out err)"
wait_for_file ready
twice_more
finish 0
