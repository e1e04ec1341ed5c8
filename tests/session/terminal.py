#!/usr/bin/env python3
"""terminal.py DIALOGUE COMMAND... - runs a command on a terminal of its own
and holds a dialogue with it.

DIALOGUE is lines: `? regex` waits until the output has it (30 s), `> text`
types a line, `$ command` runs a shell command meanwhile. Prints all output;
ends with the command's exit status, 1 when something did not come.
"""
import os
import pty
import re
import select
import subprocess
import sys
import time

pid, fd = pty.fork()
if pid == 0:
    os.closerange(3, 1024)
    os.execvp(sys.argv[2], sys.argv[2:])
seen = b""


def pump(seconds):
    """Reads what there is; False at the end of the output."""
    global seen
    if not select.select([fd], [], [], seconds)[0]:
        return True
    try:
        data = os.read(fd, 4096)
    except OSError:
        data = b""
    sys.stdout.buffer.write(data)
    sys.stdout.flush()
    seen += data
    return bool(data)


def expect(pattern):
    global seen
    end = time.monotonic() + 30
    while time.monotonic() < end:
        m = re.search(pattern.encode(), seen)
        if m:
            seen = seen[m.end():]
            return
        if not pump(0.2):
            break
    print(f"\nnot seen: {pattern}")
    os.write(fd, b"k\n")
    pump(5)
    os.kill(pid, 9)
    sys.exit(1)


for step in sys.argv[1].split("\n"):
    step = step.strip()
    if step.startswith("? "):
        expect(step[2:])
    elif step.startswith("> "):
        os.write(fd, step[2:].encode() + b"\n")
    elif step.startswith("$ "):
        subprocess.run(step[2:], shell=True, check=True, timeout=60)
end = time.monotonic() + 30
while pump(0.2) and time.monotonic() < end:
    pass
for _ in range(300):
    got, status = os.waitpid(pid, os.WNOHANG)
    if got:
        sys.exit(os.waitstatus_to_exitcode(status) & 255)
    time.sleep(0.1)
os.kill(pid, 9)
print("\nit did not end")
sys.exit(1)
