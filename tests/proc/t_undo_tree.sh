# Claim: what another tree has appended since the checkpoint is put back too,
# though it has ended and is in no image set; what it appended before is not.
cat > script <<'S'
mkdir ready
until [ -e verify ]; do rm -f ping; done
S
other() { # LINE...
	(cd "$W" && env CLAIM_DIR="$W" timeout "$LIMIT" "$CKPT" launch --dir "$D" -- \
		/bin/sh -c 'for l; do echo "$l" >> both; echo "$l" >> "of.$1"; done' sh "$@") \
		>> trace 2>&1 || fail "the other tree ended with $?"
}
launch /bin/bash script
wait_for_file ready
other before any
checkpoint
first=$(newest_set)
other one two
mkdir kept && cp both of.one kept
checkpoint
other three
kill_and_restart
cmp both kept/both >> trace 2>&1 || fail "after set 2: $(tr '\n' ' ' < both)"
cmp of.one kept/of.one >> trace 2>&1 || fail "of.one: $(tr '\n' ' ' < of.one)"
[ -e of.three ] && [ ! -s of.three ] || fail "of.three is not empty"
# the same name again, and an older set
other four
kill_all
restart --set "$first"
ping_program
[ "$(tr '\n' ' ' < both)" = "before any " ] || fail "after set 1: $(tr '\n' ' ' < both)"
[ ! -s of.one ] && [ ! -s of.four ] || fail "made since, and not empty"
finish 0
