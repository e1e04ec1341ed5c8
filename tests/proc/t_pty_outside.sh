# Claim: a terminal whose other end is outside of the computation is refused
# by its name, and the program goes on.
coproc python3 -c 'import os, sys
m, s = os.openpty()
print(os.ttyname(s), flush=True)
sys.stdin.read()'
read -r tty <&"${COPROC[0]}"
launch /bin/sh -c "exec 5<> $tty; mkdir ready; until [ -e verify ]; do rm -f ping; done"
wait_for_file ready
"$CKPT" checkpoint --wait --dir "$D" >> trace 2> refused && fail "not refused"
grep -q "descriptor 5 is the terminal $tty.*outside" refused ||
	fail "refused because: $(cat refused)"
ping_program
finish 0
