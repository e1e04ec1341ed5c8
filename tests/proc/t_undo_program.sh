# Claim: however a program appends to a file that it closes again, the lines
# stand there once after two restarts. A file that was changed in place stays
# as it is, and what was kept of others is there.
mkdir ref
(cd ref && touch go.1 go.2 go.3 go.4 go.5 go.6 && "$ROOM/h_append" steps)
touch go.1 go.3
launch "$ROOM/h_append" steps
wait_for_file step.2
checkpoint
: > go.2
for i in 1 2; do
	wait_for_file step.4
	kill_all
	rmdir step.4
	restart
	wait_for_file step.4
	[ $(od -An -tu4 -N4 database) -eq $((4 + 2 * i)) ] ||
		fail "a file that was changed in place was cut: $(od -An -tu4 -N4 database)"
	grep -q "/database stays as it is" err || fail "nothing said of database"
	[ -s journal.3 ] || fail "a file that is no text was emptied"
done
touch go.4 go.5 go.6
finish 0
for f in a a+ freopen r+ rdwr wronly openat syscall vfork rdwr.0 rdwr.1 rdwr.2; do
	cmp "ref/$f" "$f" >> trace 2>&1 ||
		fail "$f differs: $(diff "ref/$f" "$f" | tr '\n' ' ')"
done
grep -qx "line 4" "$D"/rollback/*/openat.1 || fail "what was cut off is not kept"
