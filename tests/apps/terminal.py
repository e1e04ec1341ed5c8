#!/usr/bin/python3
"""terminal.py SCENARIO - somebody at a terminal, who uses an application
under control, has it saved and ended, and goes on with it at another
terminal. Exit status: 0 all was as expected, 1 it was not (the reason is on
stderr), 77 the application is not here.

Nothing is waited for without a limit; what is waited for is output."""

import fcntl
import os
import re
import select
import shutil
import signal
import struct
import subprocess
import sys
import termios
import time

CKPT = os.environ["CKPT"]
DIR = os.environ["D"]
LIMIT = 30


class Terminal:
    """One terminal with a command in its foreground, in its own session."""

    def __init__(self, argv, rows=24, cols=80):
        self.seen = self.all = b""
        self.master, slave = os.openpty()
        self.resize(rows, cols)
        self.before = termios.tcgetattr(slave)
        self.slave = slave
        self.pid = os.fork()
        if self.pid == 0:
            # a test in the background ignores what is typed here
            for sig in (signal.SIGINT, signal.SIGQUIT, signal.SIGPIPE):
                signal.signal(sig, signal.SIG_DFL)
            os.setsid()
            fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
            for fd in range(3):
                os.dup2(slave, fd)
            os.closerange(3, 256)
            os.execvp(argv[0], argv)

    def resize(self, rows, cols):
        size = struct.pack("HHHH", rows, cols, 0, 0)
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, size)

    def send(self, text):
        os.write(self.master, text.encode())

    def expect(self, pattern, typing=""):
        """Waits for output that matches, and drops all up to its end. Types
        now and again what may come too early for the one it is for: not at
        once, as a control character throws away unread output."""
        end = time.monotonic() + LIMIT
        again = 0
        while True:
            hit = re.search(pattern.encode(), self.seen)
            if hit:
                self.seen = self.seen[hit.end():]
                return hit
            if time.monotonic() > end:
                fail(f"never came: {pattern!r}; but {self.seen!r}, the last "
                     f"of {self.all[-200:]!r}")
            if typing and time.monotonic() > again:
                again = time.monotonic() + 2
                self.send(typing)
            if select.select([self.master], [], [], 0.2)[0]:
                got = os.read(self.master, 65536)
                self.seen += got
                self.all += got

    def wait(self):
        """Exit status of the command; its last output is thrown away."""
        end = time.monotonic() + LIMIT
        while time.monotonic() < end:
            if select.select([self.master], [], [], 0.05)[0]:
                os.read(self.master, 65536)
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                return os.waitstatus_to_exitcode(status)
        fail("did not end")

    def settings(self):
        return termios.tcgetattr(self.slave)


def fail(text):
    sys.exit(f"FAIL {text}")


def need(program):
    if not shutil.which(program):
        sys.exit(77)


def launch(*argv):
    return Terminal([CKPT, "launch", "--dir", DIR, "--", *argv])


def checkpoint(*options):
    subprocess.run([CKPT, "checkpoint", "--wait", "--dir", DIR, *options],
                   check=True, timeout=60)


def move(old, rows=30, cols=100):
    """Ends the computation and goes on with it at a new terminal."""
    checkpoint("--kill")
    old.wait()
    if old.settings() != old.before:
        fail(f"the old terminal's settings: {old.settings()}, not {old.before}")
    os.close(old.slave)
    os.close(old.master)
    new = Terminal([CKPT, "restart", DIR], rows, cols)
    new.expect("ckpt: restarted")  # it has been told the size by then
    return new


def finish(t, status=0):
    got = t.wait()
    if got != status:
        fail(f"ended with {got}, not {status}")
    if t.settings() != t.before:
        fail("the terminal's settings were not put back")


def use_shell(t, prompt):
    """Commands and job control in the shell at t, which was moved. A control
    character may be echoed after what its signal has brought about."""
    prompt += r"(\^[CZ])?$"
    t.send("echo $((x + 1)) \"$(stty size)\"\n")
    t.expect(r"42 30 100\r\n")
    t.expect(prompt)
    t.send("jobs\n")
    t.expect(r"Running.*sleep 1000")
    t.send("fg\n")
    t.expect(r"sleep 1000\r\n")
    t.expect("Stopped", typing="\x1a")  # the job may not have it yet
    t.expect(prompt)
    t.send("kill -KILL %1; wait; sh -c 'echo $((40 + 2)); exec sleep 1000'\n")
    t.expect("[\r\n]42\r\n")
    t.send("\x03")
    t.expect(prompt)


def shell_session(t):
    """A shell, perhaps within something, that is moved twice."""
    t.send("PS1='<$?>'; x=41; sleep 1000 &\n")
    t.expect("<0>$")
    t.send("echo half")  # of a line, in the line editor
    t.expect("echo half$")
    checkpoint()
    t.send("-way\n")
    t.expect("half-way\r\n")
    t = move(t)
    t.send("\n")
    t.expect("<[0-9]+>$")
    use_shell(t, "<[0-9]+>")
    t = move(t)
    t.send("exit 7\n")
    finish(t, 7)


def bash():
    shell_session(launch("bash", "--norc", "--noprofile", "-i"))


def script():
    need("script")
    log = os.path.join(os.path.dirname(DIR), "typescript")
    shell_session(launch("script", "-qe", "-c",
                         "bash --norc --noprofile -i", log))
    with open(log, "rb") as f:
        if b"42 30 100" not in f.read():
            fail("the typescript lacks what was shown")


def vim():
    need("vim")
    path = os.path.join(os.path.dirname(DIR), "text")
    t = launch("vim", "-u", "NONE", "-n", path)
    t.expect("\\[New")
    t.send("ione\rtwo")
    t.expect("two")
    t = move(t)
    t.seen = t.all  # it may be drawn before ckpt has said that it is back
    t.expect(r"\[29;1H")  # the new size
    t.send("\rthree\x1b:set lines?\r")
    t.expect("lines=30")
    t = move(t, 25, 90)
    t.send(":x\r")
    finish(t, 0)
    with open(path) as f:
        if f.read() != "one\ntwo\nthree\n":
            fail("the file is not what was typed")


def tmux():
    need("tmux")
    name = os.path.join(os.path.dirname(DIR), "tmux.")
    with open(name + "conf", "w") as f:  # typed this fast it is no paste
        f.write("set -g assume-paste-time 0\n")
    t = launch("tmux", "-u", "-S", name + "s", "-f", name + "conf", "new",
               "bash --norc --noprofile -i")
    t.send("PS1='<$?>'; x=41\n")
    t.expect("<0>")
    t = move(t)
    t.send("echo $((x + 1))\n")
    t.expect("42")
    t.send("\x02\"")  # another pane
    t.expect(r"\[16;")
    t = move(t)
    t.send("echo $((40 + 3))\n")
    t.expect("43")
    t.send("\x02:")
    t.expect(":")
    t.send("kill-session\r")
    finish(t)


SCENARIOS = {f.__name__: f for f in (bash, script, vim, tmux)}
if __name__ == "__main__":
    signal.alarm(280)
    SCENARIOS[sys.argv[1]]()
