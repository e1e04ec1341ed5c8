# Claim: whatever is damaged in the newest set, a restart falls back to the
# older one and says so; asked for the damaged one, it refuses.
. "$ROOM/fault.sh"
begin
checkpoint
kill_all
cp -rp "$D" whole
# flip FILE AT: turns one byte around
flip() {
	local c
	c=$(od -An -tu1 -j "$2" -N 1 "$1" | tr -d ' ')
	printf "\\x$(printf %x $((c ^ 255)))" |
		dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}
try() { # WHAT: the newest set has been damaged
	say "damaged: $1"
	timeout 60 "$CKPT" verify --deep "$D/set-000002" >> trace 2>&1 &&
		fail "verify does not see: $1"
	rm -f verify err
	env CLAIM_DIR="$W" timeout 60 "$CKPT" restart --set 2 "$D" >> trace 2> err &&
		fail "restart --set 2 accepted: $1"
	[ -s err ] || fail "no reason for refusing: $1"
	: > err
	restart
	ping_program
	# the program has its stderr in the same file, so that what the front
	# end said there is cut off with the rest, and kept
	# A set without its manifest was never committed: no word is owed.
	[ "$1" = "MANIFEST removed" ] || cat err "$D"/rollback/*/* 2> /dev/null | grep -aqE "set[- ]0*2" ||
		fail "nothing is said of going back ($1): $(cat err)"
	kill_all
	rm -rf "$D"
	cp -rp whole "$D"
}
for f in $(cd whole/set-000002 && ls); do
	n=$(stat -c %s "whole/set-000002/$f")
	for at in 0 $((n / 2)) $((n - 1)); do
		flip "$D/set-000002/$f" $at
		try "byte $at of $n in $f"
	done
	truncate -s $((n / 2)) "$D/set-000002/$f"
	try "$f cut to half"
	rm "$D/set-000002/$f"
	try "$f removed"
done
# nothing left to go back to
rm "$D"/set-00000[12]/MANIFEST
env CLAIM_DIR="$W" timeout 60 "$CKPT" restart "$D" >> trace 2> err &&
	fail "restarted from nothing"
[ -s err ] || fail "no reason for refusing an empty directory"
[ -z "$(mine)" ] || fail "processes are left: $(mine)"
