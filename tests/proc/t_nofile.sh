# Claim: a tree that has more open than one process may have where it was started
# could not be restarted there, and the checkpoint says so; what the program has
# done to its own limit does not count.
cat > many.py <<'P'
import os, resource, sys
if sys.argv[1] == "low":
    keep = os.dup2(0, 150)
    resource.setrlimit(resource.RLIMIT_NOFILE, (40, 40))
for _ in range(int(sys.argv[2]) - 1):
    if os.fork() == 0:
        break
fds = [os.open("/dev/null", os.O_RDONLY) for _ in range(int(sys.argv[3]))]
open("ready.%d" % os.getpid(), "w")
while not os.path.exists("verify") and not os.path.exists(sys.argv[1] + ".end"):
    if os.path.exists("ping"):
        try:
            os.unlink("ping")
        except OSError:
            pass
P
[ -x /usr/bin/python3 ] || skip "python3 is not installed"
ready() { [ "$(compgen -G "ready.*" | wc -l)" -eq "$1" ]; }
ulimit -n 200
launch python3 many.py high 5 60
until_true "all five" ready 5
refused 'could not be restarted: too few descriptors for this tree'
: > high.end
wait "$FRONT" || fail "ended with $?"
rm -f ready.*
D=$W/other
launch python3 many.py low 1 20
until_true "the other" ready 1
checkpoint
kill_and_restart
finish 0
