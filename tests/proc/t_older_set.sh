# Claim: restart --set takes the named set; without it, the newest one.
cat > script <<'S'
n=1
mkdir ready
until [ -e verify ]; do
	rm -f ping
	[ ! -e next ] || { rm next; n=$((n + 1)); mkdir n$n; }
done
exit $((40 + n))
S
launch /bin/bash script
wait_for_file ready
checkpoint
first=$(newest_set)
: > next
wait_for_file n2
checkpoint
: > next
wait_for_file n3
kill_all
restart --set "$first"
ping_program
kill_and_restart
finish 42
