# Claim: a program that nothing of ours can be loaded into is announced when it
# is started, however that is done, by name, once; and nothing else is.
cat > quiet.c <<'C'
void _start(void)
{
	__asm__ volatile("syscall" : : "a"(60 /* exit */), "D"(0));
}
C
cc() { "${CC:-gcc}" "$@" 2>> trace; }
cc -nostdlib -static -o by-sh quiet.c || skip "no compiler"
for name in by-bash spawned found by-fd in-script twice; do cp by-sh $name; done
printf '#!%s\n' "$W/in-script" > script && chmod +x script
printf 'int main(void) { return 0; }\n' > main.c
cc -o dynamic main.c || fail "no dynamic program"
want="by-sh by-bash spawned found by-fd in-script twice"
if command -v musl-gcc > /dev/null; then
	musl-gcc -o musl main.c 2>> trace && want="$want musl"
fi
cp dynamic other && [ "$(id -u)" = 0 ] && chown 4242 other && chmod u+s other && want="$want other"
cp dynamic own && chmod u+s own # by which nobody gets other rights
cat > all.py <<'P'
import os, subprocess
def run(f, *args):
    pid = os.fork()
    if pid == 0:
        f(*args)
    os.waitpid(pid, 0)
os.waitpid(os.posix_spawn("./spawned", ["spawned"], os.environ), 0)
os.environ["PATH"] = "/nowhere::/usr/bin:/bin"
os.waitpid(os.posix_spawnp("found", ["found"], os.environ), 0)
fd = os.open("by-fd", os.O_RDONLY)
run(os.execve, fd, ["by-fd"], os.environ)
subprocess.run(["./twice"])
subprocess.run(["./dynamic"])
P
cat > all <<'S'
sh -c './by-sh; ./twice; exit 0'
./by-bash
./script
PATH=/usr/bin:/bin python3 all.py
for p in ./musl ./other ./own ./dynamic ./nothing; do [ -x $p ] && $p; done
./twice
mkdir ready
until [ -e verify ]; do rm -f ping; done
S
command -v python3 > /dev/null || skip "no python3"
launch /bin/bash all
wait_for_file ready
checkpoint
status=$("$CKPT" status --dir "$D")
kill_and_restart
finish 0
for name in $want; do
	grep -c "^ckpt: warning: $W/$name (started by .* process [0-9]*) .*: a checkpoint is refused while it runs$" err > n
	[ "$(cat n)" = 1 ] || fail "$name is announced $(cat n) times: $(grep -c warning err)"
	grep -q "warning: $W/$name " "$D/log" || fail "$name is not in the log"
	[[ $status == *"warning      $W/$name "* ]] || fail "$name is not in the status"
done
[ "$(grep -c warning err)" = "$(wc -w <<< "$want")" ] || fail "too many: $(grep warning err)"
grep -q "by-sh (started by sh, .*) is statically linked" err || fail "the reason is not told"
