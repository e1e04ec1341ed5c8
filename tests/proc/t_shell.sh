# Claim: a shell keeps $$, $!, its variables, loops, traps and background
# jobs, and no finished command runs again.
cat > script <<'S'
me=$$
trap 'trapped=yes' USR1
(until [ -e verify ]; do :; done; exit 23) &
job=$!
echo start >> log
for i in 1 2 3; do
	echo "round $i" >> log
	if [ $i -eq 2 ]; then
		mkdir ready
		until [ -e verify ]; do rm -f ping; /bin/true; done
	fi
done
[ $$ = $me ] || exit 1
[ "$(sh -c 'echo $PPID')" = $me ] || exit 2
kill -USR1 $$
[ "$trapped" = yes ] || exit 3
kill -0 $job 2> /dev/null
wait $job
[ $? -eq 23 ] || exit 4
echo end >> log
S
launch /bin/bash script
wait_for_file ready
for i in 1 2; do
	checkpoint
	kill_all
	restart
	ping_program
done
finish 0
[ "$(tr '\n' , < log)" = "start,round 1,round 2,round 3,end," ] ||
	fail "the log is $(tr '\n' , < log)"
