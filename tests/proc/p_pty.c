/* Claim: a pseudo-terminal keeps both ends, its settings and size, packet and
 * exclusive mode, the lock and stopped output; a hung up one stays hung up. */
#include "claim.h"

#include <poll.h>
#include <pty.h>
#include <sys/ioctl.h>
#include <termios.h>

static struct termios want;
static const struct winsize size = {33, 121, 7, 9};

static int flag(int fd, unsigned long request)
{
    int v = -1;

    CHECK(ioctl(fd, request, &v) == 0);
    return v;
}

static void check_settings(int fd)
{
    struct termios t;
    struct winsize ws;

    CHECK(tcgetattr(fd, &t) == 0 && ioctl(fd, TIOCGWINSZ, &ws) == 0);
    CHECK(t.c_iflag == want.c_iflag && t.c_oflag == want.c_oflag);
    CHECK(t.c_cflag == want.c_cflag && t.c_lflag == want.c_lflag);
    CHECK(!memcmp(t.c_cc, want.c_cc, sizeof(t.c_cc)));
    CHECK(!memcmp(&ws, &size, sizeof(ws)));
}

static void check_packet(int m, int s)
{
    char buf[8];

    CHECK_EQ(flag(m, TIOCGPKT), 1);
    CHECK_EQ(poll(&(struct pollfd){m, POLLIN | POLLPRI, 0}, 1, 0), 0);
    CHECK(write(s, "ab", 2) == 2 && read(m, buf, 8) == 3);
    CHECK(buf[0] == TIOCPKT_DATA && buf[1] == 'a' && buf[2] == 'b');
    CHECK(tcflush(s, TCOFLUSH) == 0 && read(m, buf, 8) == 1);
    CHECK(buf[0] & TIOCPKT_FLUSHWRITE);
}

/* Output of the first was stopped by TCOOFF, of the second by a character. */
static void check_stopped(int m, int s, int by_char)
{
    struct pollfd p = {s, POLLOUT, 0};
    char c;

    CHECK_EQ(poll(&p, 1, 0), 0);
    if (by_char)
        CHECK(tcflow(s, TCOON) == 0 && poll(&p, 1, 0) == 0 &&
              write(m, "\x11", 1) == 1);
    else
        CHECK(tcflow(s, TCOON) == 0);
    CHECK_EQ(poll(&p, 1, 10000), 1);
    CHECK(write(s, "x", 1) == 1 && read(m, &c, 1) == 1 && c == 'x');
}

int main(void)
{
    int m, s, s2, m2, s2x, m3, m4, s4, stop[4], lock, copy;
    struct pollfd p;
    char c, tty[64];

    CHECK(openpty(&m, &s, tty, NULL, &size) == 0);
    s2 = open(tty, O_RDWR | O_NOCTTY | O_NONBLOCK);
    CHECK(tcgetattr(s, &want) == 0);
    want.c_iflag = ICRNL | IXON | IUTF8;
    want.c_oflag = OPOST | ONLCR;
    want.c_lflag = ISIG | IEXTEN;
    want.c_cc[VINTR] = 7;
    want.c_cc[VMIN] = 3;
    want.c_cc[VTIME] = 2;
    cfsetspeed(&want, B9600);
    CHECK(tcsetattr(s2, TCSANOW, &want) == 0);
    want.c_oflag = 0;
    CHECK(tcsetattr(m, TCSANOW, &want) == 0 && tcgetattr(s, &want) == 0);
    CHECK(ioctl(m, TIOCPKT, &(int){1}) == 0);
    CHECK(openpty(&m2, &s2x, NULL, NULL, NULL) == 0);
    CHECK(ioctl(s2x, TIOCEXCL) == 0 && fcntl(m2, F_SETFL, O_NONBLOCK) == 0);
    copy = dup(m2);
    m3 = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    CHECK(openpty(&m4, &s4, NULL, NULL, NULL) == 0 && close(m4) == 0);
    for (int i = 0; i < 4; i += 2)
        CHECK(openpty(&stop[i], &stop[i + 1], NULL, NULL, NULL) == 0);
    CHECK(tcflow(stop[1], TCOOFF) == 0 && write(stop[2], "\x13", 1) == 1);
    p = (struct pollfd){stop[3], POLLOUT, 0};
    UNTIL(poll(&p, 1, 0) == 0);

    claim_ready();
    claim_wait();
    BREAK(want.c_cc[VINTR] = 8);
    for (int i = 0; i < 3; i++)
        check_settings((int[]){m, s, s2}[i]);
    CHECK(!(fcntl(s, F_GETFL) & O_NONBLOCK) && fcntl(s2, F_GETFL) & O_NONBLOCK);
    CHECK(!!isatty(s) && read(s2, &c, 1) < 0 && errno == EAGAIN);
    check_packet(m, s2);
    CHECK(flag(s2x, TIOCGEXCL) == 1 && flag(m2, TIOCGPKT) == 0);
    CHECK(read(copy, &c, 1) < 0 && errno == EAGAIN);
    CHECK(flag(m3, TIOCGPTLCK) == 1 && fcntl(m3, F_GETFD) == FD_CLOEXEC);
    p = (struct pollfd){m3, POLLIN, 0};
    CHECK_EQ(poll(&p, 1, 0), 0); /* never opened: not hung up */
    lock = 0;
    CHECK(ioctl(m3, TIOCSPTLCK, &lock) == 0);
    CHECK(read(s4, &c, 1) == 0 && write(s4, "x", 1) < 0 && errno == EIO);
    check_stopped(stop[0], stop[1], 0);
    check_stopped(stop[2], stop[3], 1);
    claim_pass();
}
