# Claim: a child that is not under the runtime makes a checkpoint fail whatever
# it is called: also like a process of ours; and at once, as it will never answer.
for name in ckpt-writer ckpt-agent; do
	cp "$ROOM/h_named" "$name"
	rm -rf "$D" ready verify
	launch "$ROOM/h_named" "$PWD/$name"
	wait_for_file ready
	refused "process [0-9]+ \($name\), a child .* without this computation"
	grep -q "does not answer" "$D/log" && fail "it was waited for"
	[ -z "$(ls -d "$D"/set-* 2> /dev/null)" ] || fail "a set was committed without $name"
	finish 0
done
