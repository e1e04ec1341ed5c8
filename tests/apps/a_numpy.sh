# Claim: a numerical Python program with several threads, an input file and a
# results file gives the same numbers, bit for bit.
. "$ROOM/apps.sh"
/usr/bin/python3 -c 'import numpy' 2>> trace || skip "no numpy"
mkdir -p input
seq 1 40000 > input/data.txt
cat > input/app.py <<'S'
import os, threading
import numpy as np

data = np.loadtxt("data.txt")
a = np.sin(data[:40000]).reshape(200, 200)
out = open("results.txt", "a")
lock = threading.Lock()
parts = [None] * 4


def work(i, m):
    v = m
    for _ in range(3):
        v = np.tanh(v @ a / 50.0) + 0.01 * i
    with lock:
        parts[i] = v


m = a.copy()
for step in range(60):
    ts = [threading.Thread(target=work, args=(i, m)) for i in range(4)]
    for t in ts:
        t.start()
    for t in ts:
        t.join()
    m = sum(parts) / 4
    out.write("%d %s\n" % (step, m.sum().hex()))
    if step % 4 == 0:
        out.flush()
        print(step, repr(float(np.linalg.norm(m))), flush=True)
    if step in (10, 22, 34, 46):
        os.makedirs("progress/%d" % ((step - 10) // 12 + 1), exist_ok=True)
out.write("rng %s\n" % np.random.default_rng(1).random(3).tolist())
S
export OPENBLAS_NUM_THREADS=2
compare /usr/bin/python3 app.py
