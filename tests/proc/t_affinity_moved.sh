# Claim: where other cpus are to be used, a thread that was bound to one gets
# the one at the same part of them, and one that was not bound has all.
[ "$(nproc)" -ge 2 ] || skip "one cpu"
command -v taskset >> trace || skip "no taskset"
read -ra cpus < <(python3 -c "import os; print(*sorted(os.sched_getaffinity(0))[:2])")
a=${cpus[0]} b=${cpus[1]}
cat > prog.py <<'P'
import os, sys, threading, time
bound = int(sys.argv[1])
ready, stop = threading.Event(), threading.Event()
tid = []
def work():
    os.sched_setaffinity(0, {bound})
    tid.append(threading.get_native_id())
    ready.set()
    stop.wait()
threading.Thread(target=work).start()
ready.wait()
open("ready", "w").close()
while not os.path.exists("verify"):
    if os.path.exists("ask"):
        text = "%s %s" % (sorted(os.sched_getaffinity(0)),
                          sorted(os.sched_getaffinity(tid[0])))
        open("answer.tmp", "w").write(text)
        os.rename("answer.tmp", "answer")
        os.remove("ask")
    time.sleep(0.01)
stop.set()
P
asked() { [ -e answer ]; }
expect() {
	rm -f answer
	: > ask
	until_true "answer of the program" asked
	[ "$(cat answer)" = "$1" ] || fail "$2: $(cat answer) instead of $1"
}
again() {
	checkpoint
	kill_all
	restart
}
launch taskset -c "$a,$b" python3 prog.py "$b"
wait_for_file ready
expect "[$a, $b] [$b]" "at first"
again
expect "[$a, $b] [$b]" "on the same machine"
printf '#!/bin/sh\nexec taskset -c %s %s "$@"\n' "$a" "$CKPT" > narrow
chmod +x narrow
checkpoint
kill_all
CKPT=$W/narrow restart
expect "[$a] [$a]" "with one cpu"
finish 0
