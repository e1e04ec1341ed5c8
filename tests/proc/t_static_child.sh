# Claim: a child that nothing of ours can be loaded into is refused at once, by
# name and with the reason; what is over in a moment is waited for.
cat > still.c <<'C'
void _start(void)
{
	for (;;)
		__asm__ volatile("syscall" : : "a"(34 /* pause */) : "rcx", "r11", "memory");
}
C
"${CC:-cc}" -nostdlib -static -o still-static still.c 2>> trace || skip "no compiler"
cat > script <<'S'
./still-static &
mkdir ready
until [ -e verify ]; do rm -f ping; done
kill -9 $!
S
launch /bin/bash script
wait_for_file ready
refused "still-static.*not under checkpoint control: .*statically linked"
grep -q "does not answer" "$D/log" && fail "it was waited for"
ping_program
finish 0
