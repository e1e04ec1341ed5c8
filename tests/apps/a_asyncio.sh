# Claim: an event loop (Python's asyncio) with timers, a subprocess, a server
# and its clients, signals, and a child that it waits for by pidfd goes on in
# the middle.
. "$ROOM/apps.sh"
mkdir -p input
cat > input/app.py <<'S'
import asyncio, os, signal, sys

ticks = []


async def serve(reader, writer):
    while line := await reader.readline():
        writer.write(b"%d\n" % (int(line) ** 2))
        await writer.drain()
    writer.close()


async def client(path, numbers):
    reader, writer = await asyncio.open_unix_connection(path)
    total = 0
    for n in numbers:
        writer.write(b"%d\n" % n)
        total += int(await reader.readline())
        await asyncio.sleep(0.001)
    writer.close()
    return total


async def ask(cat, n):
    cat.stdin.write(b"line %d\n" % n)
    return (await cat.stdout.readline()).decode().strip()


async def main():
    loop = asyncio.get_running_loop()
    hups = asyncio.Queue()
    loop.add_signal_handler(signal.SIGHUP, hups.put_nowait, "hup")
    server = await asyncio.start_unix_server(serve, path="sock")
    cat = await asyncio.create_subprocess_exec(
        "/bin/cat", stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE)
    sleeper = await asyncio.create_subprocess_exec("/bin/sleep", "1000")
    far = loop.call_later(100000, ticks.append, "too early")
    for step in range(160):
        loop.call_later(0.002, ticks.append, step)
        clients = [client("sock", range(k, 20 * k, k)) for k in (1, 2, 3)]
        results = await asyncio.gather(*clients, ask(cat, step))
        os.kill(os.getpid(), signal.SIGHUP)
        print(step, *results, await hups.get(), flush=True)
        if step % 40 == 0:
            p = await asyncio.create_subprocess_shell("exit %d" % (step // 4))
            print("status", await p.wait(), flush=True)
        if step in (30, 60, 90, 120):
            os.makedirs("progress/%d" % (step // 30), exist_ok=True)
    far.cancel()
    sleeper.terminate()
    print("sleeper", await sleeper.wait())
    cat.stdin.close()
    await asyncio.sleep(0.1)
    print("cat", await cat.wait(), ticks)
    server.close()
    os.unlink("sock")


if "pidfd" in sys.argv and hasattr(asyncio, "PidfdChildWatcher"):
    asyncio.set_child_watcher(asyncio.PidfdChildWatcher())
asyncio.run(main())
S
compare /usr/bin/python3 -W ignore app.py pidfd
