/* Claim: a session keeps its controlling terminal, foreground group and open
 * /dev/tty; the interrupt character reaches that group, and no other. */
#include "claim.h"

#include <poll.h>
#include <pty.h>
#include <sys/ioctl.h>
#include <termios.h>

static volatile sig_atomic_t interrupted, resized;

static void on_int(int sig)
{
    (void)sig;
    interrupted = 1;
}

static void on_winch(int sig)
{
    (void)sig;
    resized = 1;
}

/* The job in the foreground. */
static _Noreturn void job(int up)
{
    int tty;

    setpgid(0, 0);
    signal(SIGINT, on_int);
    signal(SIGWINCH, on_winch);
    signal(SIGTTOU, SIG_IGN);
    CHECK(tcsetpgrp(0, getpid()) == 0);
    signal(SIGTTOU, SIG_DFL);
    claim_tell(up);
    UNTIL(interrupted && resized);
    CHECK(tcgetpgrp(0) == getpid() && tcgetsid(0) == getsid(0));
    tty = open("/dev/tty", O_RDWR);
    CHECK(tty >= 0 && tcgetpgrp(tty) == getpid() && write(tty, "j", 1) == 1);
    _exit(0);
}

static _Noreturn void leader(int slave, int up)
{
    int tty, st;
    pid_t pid;

    setsid();
    CHECK(ioctl(slave, TIOCSCTTY, 0) == 0 && dup2(slave, 0) == 0);
    tty = open("/dev/tty", O_RDWR | O_NONBLOCK);
    CHECK(tty >= 0);
    signal(SIGTTIN, SIG_IGN);
    pid = fork();
    if (pid == 0)
        job(up);
    CHECK(waitpid(pid, &st, 0) == pid && st == 0);
    CHECK(tcgetpgrp(tty) == pid && tcgetpgrp(0) == pid);
    CHECK(read(tty, &st, 1) < 0 && errno == EIO); /* the background may not */
    signal(SIGTTOU, SIG_IGN);
    CHECK(tcsetpgrp(tty, getpid()) == 0);
    CHECK(write(tty, "l", 1) == 1 && read(tty, &st, 1) < 0 && errno == EAGAIN);
    _exit(0);
}

int main(void)
{
    struct winsize ws = {10, 20, 0, 0};
    int m, s, up[2];
    struct termios t;
    char buf[10] = "";
    ssize_t got;
    pid_t pid;

    CHECK(openpty(&m, &s, NULL, NULL, NULL) == 0 && pipe(up) == 0);
    CHECK(tcgetattr(s, &t) == 0);
    t.c_lflag &= (tcflag_t)~ECHO;
    CHECK(tcsetattr(s, TCSANOW, &t) == 0);
    pid = fork();
    if (pid == 0) {
        close(m);
        leader(s, up[1]);
    }
    close(s);
    claim_hear(up[0]);
    claim_ready();
    claim_wait();
    BREAK(write(m, "\x1c", 1)); /* quit */
    CHECK(tcgetsid(m) == pid && ioctl(m, TIOCSWINSZ, &ws) == 0);
    CHECK(write(m, "\003", 1) == 1);
    claim_reap(pid);
    for (ssize_t n = 0; n < 2; n += got)
        CHECK((got = read(m, buf + n, 8)) > 0);
    CHECK(!memcmp(buf, "jl", 2));
    claim_pass();
}
