# Claim: threads that open files to append while checkpoints are taken, and
# the computation is killed between two of them, leave each line once; and no
# child that is forked meanwhile has a descriptor that is not its own.
n=250
at() { [ "$(ls -d at."$1".* 2>> trace | wc -l)" -eq 5 ]; }
launch "$ROOM/h_append" race $n
wait_for_file own.4
for i in 1 2; do
	for j in 1 2 3 4; do checkpoint; done
	until_true "$((i * n)) lines of each" at $((i * n))
	kill_all
	rmdir at.*
	restart
	until_true "the lines once more" at $((i * n))
	: > "go.$((i * n))"
done
wait "$FRONT" || fail "ended with $?: $(tail -n 3 err | tr '\n' ' ')"
for t in 0 1 2 3 4; do
	seq 0 $((3 * n - 1)) | sed "s/^/$t /" | cmp - "own.$t" >> trace 2>&1 ||
		fail "own.$t differs: $(wc -l < "own.$t") lines, doubled: $(uniq -d "own.$t" | tr '\n' ' ')"
	for f in own.$t.*; do
		[ "$(wc -l < "$f")" -eq 10 ] || fail "$f has $(wc -l < "$f") lines"
	done
done
[ "$(wc -l < common)" -eq $((15 * n)) ] || fail "common has $(wc -l < common) lines"
