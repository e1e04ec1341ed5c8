# Claim: output to a file, in append mode, is that of an uninterrupted run,
# even if lines were written after the checkpoint.
cat > script <<'S'
i=0
until [ -e verify ] && [ $i -ge 300 ]; do
	i=$((i + 1))
	echo "line $i"
	[ $i -ne 100 ] || mkdir ready
	rm -f ping
done
echo "$i" > count
S
launch /bin/bash script
wait_for_file ready
checkpoint
was=$(wc -l < out)
until_true "more output" eval '[ $(wc -l < out) -gt $((was + 50)) ]'
kill_and_restart
finish 0
n=$(cat count)
seq -f 'line %g' 1 "$n" | cmp - out >> trace 2>&1 || fail "the output differs from an uninterrupted run's"
