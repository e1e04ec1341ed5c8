/* Claim: what was written to a pseudo-terminal and not read yet is there
 * afterwards, in both directions: raw bytes, whole lines, ends of file, the
 * line being edited, output, and output of a slave that was closed. */
#include "claim.h"

#include <poll.h>
#include <pty.h>
#include <sys/ioctl.h>
#include <termios.h>

#define BIG 4000

static char buf[70000];

static int queued(int fd)
{
    int n = 0;

    CHECK(ioctl(fd, FIONREAD, &n) == 0);
    return n;
}

static void raw(int fd)
{
    struct termios t;

    CHECK(tcgetattr(fd, &t) == 0);
    cfmakeraw(&t);
    CHECK(tcsetattr(fd, TCSANOW, &t) == 0);
}

static void put(int fd, const void *p, size_t n)
{
    CHECK_EQ(write(fd, p, n), (ssize_t)n);
}

static void get(int fd, const char *text, size_t n)
{
    ssize_t r = read(fd, buf, sizeof(buf));

    if (r != (ssize_t)n || memcmp(buf, text, n))
        claim_fail(__FILE__, __LINE__, "%zd bytes \"%.*s\", not \"%.*s\"", r,
                   (int)(r > 0 ? r : 0), buf, (int)n, text);
}

static int silent(int fd)
{
    return poll(&(struct pollfd){fd, POLLIN, 0}, 1, 0) == 0;
}

/* As much as goes in: until the slave can't be written to any more. */
static size_t stuff(int s)
{
    size_t total = 0;
    ssize_t n;

    CHECK(fcntl(s, F_SETFL, O_NONBLOCK) == 0);
    claim_fill(buf, sizeof(buf), 5);
    while (poll(&(struct pollfd){s, POLLOUT, 0}, 1, 100) == 1 &&
           total < sizeof(buf) &&
           (n = write(s, buf + total, sizeof(buf) - total)) > 0)
        total += (size_t)n;
    return total;
}

static void check_full(int m, size_t total)
{
    size_t got = 0;

    while (got < total) {
        ssize_t n = read(m, buf + got, sizeof(buf) - got);

        CHECK(n > 0);
        got += (size_t)n;
    }
    CHECK(got == total && claim_same(buf, total, 5));
}

int main(void)
{
    int m[5], s[5];
    static const char line[] =
        "first\nwith\026\004\026\n in it\n\004cut\004p\026\003art";
    char all[256];
    size_t full;

    for (int i = 0; i < 5; i++)
        CHECK(openpty(&m[i], &s[i], NULL, NULL, NULL) == 0);
    for (int i = 0; i < 256; i++)
        all[i] = (char)i;

    /* raw, every byte there is */
    raw(s[0]);
    put(m[0], all, 256);
    UNTIL(queued(s[0]) == 256);

    /* lines, a quoted newline and ^D, ends of file, and one being edited */
    put(m[1], line, sizeof(line) - 1);
    UNTIL(queued(s[1]) == 6 + 13 + 3);
    UNTIL(queued(m[1]) > 30); /* the echo */
    CHECK(read(m[1], buf, sizeof(buf)) > 0);
    get(s[1], "first\n", 6);

    /* output and input at once, the reader in packet mode */
    CHECK(ioctl(m[2], TIOCPKT, &(int){1}) == 0);
    put(s[2], "one\ntwo\n", 8);
    UNTIL(!silent(m[2]));

    /* output that was never read, the slave is closed */
    raw(s[3]);
    claim_fill(buf, BIG, 3);
    put(s[3], buf, BIG);
    UNTIL(queued(m[3]) == BIG);
    CHECK(close(s[3]) == 0);

    /* no byte more would go in */
    raw(s[4]);
    full = stuff(s[4]);
    CHECK(full > 4096 && full < sizeof(buf));

    claim_ready();
    claim_wait();
    BREAK(all[7] = 0);
    get(s[0], all, 256);
    get(s[1], "with\004\n in it\n", 13);
    CHECK_EQ(read(s[1], buf, 8), 0);
    get(s[1], "cut", 3);
    CHECK(silent(s[1]) && silent(m[1]));
    put(m[1], "\177T\n", 3); /* the line is still being edited */
    get(s[1], "p\003arT\n", 6);
    get(m[2], "\0one\r\ntwo\r\n", 11);
    CHECK(read(m[3], buf, BIG) == BIG && claim_same(buf, BIG, 3));
    CHECK(read(m[3], buf, 1) < 0 && errno == EIO);
    check_full(m[4], full);
    claim_pass();
}
