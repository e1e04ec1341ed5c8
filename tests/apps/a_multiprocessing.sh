# Claim: Python's multiprocessing, with each of its ways to start a process,
# gives the same results.
. "$ROOM/apps.sh"
mkdir -p input
cat > input/app.py <<'S'
import multiprocessing as mp
import os
import sys


def work(n):
    x = n
    for _ in range(20000):
        x = (x * 1103515245 + 12345) % 2147483648
    return n, x


def feed(q, n):
    for i in range(n):
        q.put(("item", i, i * i))
    q.put(None)


def main(way):
    c = mp.get_context(way)
    step = 0
    with c.Pool(3) as pool:
        q = c.Queue(20)
        p = c.Process(target=feed, args=(q, 400))
        p.start()
        total = c.Value("L", 0)
        for part in range(40):
            r = pool.map(work, range(part * 10, part * 10 + 10))
            for _ in range(10):
                got = q.get()
                with total.get_lock():
                    total.value += got[2]
            print(way, part, sum(x for _, x in r), total.value, flush=True)
            if part in (8, 16, 24, 32):
                os.makedirs("progress/%d" % (part // 8), exist_ok=True)
        assert q.get() is None
        p.join()
    print(way, "exit", p.exitcode)


if __name__ == "__main__":
    main(sys.argv[1])
S
for way in fork spawn forkserver; do
	compare /usr/bin/python3 app.py $way
	rm -rf ref run out err ref.out ref.err
done
