# Claim: a Python program with subprocesses, generators, threads, queues and
# a seeded random generator goes on in the middle; what it and its subprocesses
# append to files stands there once.
. "$ROOM/apps.sh"
mkdir -p input
cat > input/app.py <<'S'
import hashlib, os, queue, random, subprocess, sys, threading

random.seed(7)
q, done = queue.Queue(), queue.Queue()


def worker():
    while True:
        n = q.get()
        if n is None:
            return
        h = hashlib.sha256()
        for i in range(12000):
            h.update(b"%d %d" % (n, i))
        done.put((n, h.hexdigest()[:16]))


def numbers():
    a, b = 0, 1
    while True:
        yield a
        a, b = b, (a + b) % 1000003


gen = numbers()
ts = [threading.Thread(target=worker) for _ in range(3)]
for t in ts:
    t.start()
child = subprocess.Popen(["/usr/bin/sort", "-n"], stdin=subprocess.PIPE,
                         stdout=open("sorted", "wb"))
for step in range(200):
    for _ in range(3):
        q.put(next(gen))
    got = sorted(done.get() for _ in range(3))
    child.stdin.write(b"%d\n" % random.randrange(10 ** 9))
    print(step, got[0], random.random(), flush=True)
    if step % 20 == 0:
        print(subprocess.check_output("echo $((%d * 2)); exit 0" % step,
                                      shell=True), flush=True)
    with open("log", "a") as log:
        print(step, file=log)
    if step % 8 == 0:
        subprocess.run("seq %d >>log; date -d @%d +%%j >>dates" % (step, step), shell=True)
    if step in (30, 70, 110, 150):
        os.makedirs("progress/%d" % ((step - 30) // 40 + 1), exist_ok=True)
for t in ts:
    q.put(None)
for t in ts:
    t.join()
child.stdin.close()
sys.exit(child.wait())
S
compare /usr/bin/python3 app.py
