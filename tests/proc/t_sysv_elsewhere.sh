# Claim: a process of another IPC namespace that has a segment of the same
# number attached is in nobody's way; one of the same namespace is refused.
launch "$ROOM/h_sysv_elsewhere"
wait_for_file ready
"$ROOM/h_sysv_elsewhere" "$(cat id)" 2>> trace &
other=$!
until_true "the other one" eval '[ -d elsewhere ] || gone $other'
if ! [ -d elsewhere ]; then
	wait $other
	skip "no IPC namespaces, or their numbers can't be chosen ($?)"
fi
checkpoint
kill_and_restart
kill $other
finish 0
