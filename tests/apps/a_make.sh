# Claim: a parallel make with its compilers goes on in the middle: nothing is
# built twice or left out, and the program it makes is right.
. "$ROOM/apps.sh"
command -v make >> trace && command -v cc >> trace || skip "no make or cc"
mkdir -p input
for i in $(seq 40); do
	{
		echo "int f$i(int x);"
		for k in $(seq 60); do
			echo "static int g$k(int x) { for (int i = 0; i < 5; i++) x = (x * $k + i) % 1001; return x; }"
		done
		echo "int f$i(int x) { return x"
		for k in $(seq 60); do echo " + g$k(x)"; done
		echo "; }"
	} > input/f$i.c
done
{
	echo "#include <stdio.h>"
	for i in $(seq 40); do echo "int f$i(int x);"; done
	echo "int main(void) { int s = 0;"
	for i in $(seq 40); do echo "s += f$i($i);"; done
	echo 'printf("%d\n", s); return 0; }'
} > input/main.c
cat > input/Makefile <<'S'
O := $(patsubst %,f%.o,$(shell seq 40))
all: prog
	./prog > answer
prog: main.o $(O)
	cc -o $@ $^
%.o: %.c
	@cc -O2 -c -o $@ $<
	@echo x >&9
	@n=$$(wc -l < log); for s in 1 2 3 4; do \
	  if [ $$n -ge $$((s * 9)) ]; then mkdir -p progress/$$s; fi; done
S
# cc removes its temporary files: what is gone after a checkpoint stays gone
HELD=1
compare /bin/bash -c 'exec 9>> log; exec make -s -j3'
