# Claim: pseudo-terminals come back also where their numbers are taken.
for program in p_pty_data p_pty_ctty; do
	launch "$ROOM/$program"
	wait_for_file ready
	checkpoint --kill
	wait "$FRONT" 2> /dev/null
	coproc python3 -c 'import os, sys
held = [os.openpty() for i in range(30)]
print(os.ttyname(held[-1][1]), flush=True)
sys.stdin.read()'
	read -r last <&"${COPROC[0]}"
	say "taken up to $last"
	restart
	ping_program
	finish 0
	kill "$COPROC_PID"
	wait "$COPROC_PID" 2> /dev/null
	rm -rf "$D" ready verify
done
