# Claim: what a shell has appended to files that were not open at the
# checkpoint, by itself and through commands, stands there once after two
# restarts; a file that was made since begins again.
cat > script <<'S'
: > empty
for i in 1 2 3 4 5 6; do
	echo "line $i" >> log
	printf '%s\n' $i $((i * i)) | sort -r >> sorted
	(echo "sub $i"; echo "shell $i") >> log
	echo "first $i" >> "new.$((i / 3))"
	echo "was empty $i" >> empty
	exec 7>> held
	echo "held $i" >&7
	exec 7>&-
	mkdir -p "step.$i"
	until [ -e "go.$i" ]; do rm -f ping; done
done
S
mkdir ref
(cd ref && touch go.1 go.2 go.3 go.4 go.5 go.6 && bash ../script && rm -r step.* go.*)
touch go.1 go.3
launch /bin/bash script
wait_for_file step.2
checkpoint
first=$(newest_set)
: > go.2
for i in 1 2; do
	wait_for_file step.4
	kill_all
	rmdir step.4
	cmp -s log ref/log && fail "nothing was appended"
	restart
done
wait_for_file step.4
# from the second checkpoint, and from the one before, once more
checkpoint
: > go.4
wait_for_file step.5
kill_all
rmdir step.5
restart --set "$first"
wait_for_file step.5
kill_all
rmdir step.5
restart
wait_for_file step.5
touch go.5 go.6
finish 0
for f in log sorted new.0 new.1 new.2 empty held; do
	cmp "ref/$f" "$f" >> trace 2>&1 ||
		fail "$f differs: $(diff "ref/$f" "$f" | tr '\n' ' ')"
done
