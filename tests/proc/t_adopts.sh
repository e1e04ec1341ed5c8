# Claim: a program that adopts orphans never sees who was writing the image of
# a process that has ended; the set is whole, and where that writer was killed,
# the checkpoint fails and the next one is not hindered.
status() { sed -n "s/^$2:[^0-9a-z]*//p" "/proc/$1/status" 2> /dev/null; }
ask_until_caught() {
	local st
	until [ -e caught ]; do
		timeout "$LIMIT" "$CKPT" checkpoint --wait --dir "$D" >> trace 2>&1
		st=$?
	done
	return "$st"
}
adopted() { [ "$(status "$WRITER" PPid)" = "$MAIN" ]; }
for how in go kill; do
	rm -rf "$D" ready verify
	launch "$ROOM/h_adopts" $how
	for turn in 1 2 3; do
		wait_for_file child
		child=$(< child)
		rm child
		MAIN=$(status "$child" PPid)
		ask_until_caught &
		asked=$!
		WRITER=$("$ROOM/h_writer" "$child") || fail "no writer"
		: > caught
		kill -9 "$child"
		until_true "its adoption" adopted
		echo "$WRITER" > said
		mv said orphan
		wait $asked # of one that is killed it may be tried again
		st=$?
		rm caught
		[ $how = kill ] || [ $st -eq 0 ] || fail "the checkpoint ended with $st"
	done
	wait_for_file ready
	checkpoint
	kill_and_restart
	finish 0
done
