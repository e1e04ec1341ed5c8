/* Claim: named pipes keep their contents and ends: one with both, one that
 * is open for both ways, one whose writers have left, and openers that wait
 * for a partner go on waiting. */
#include "claim.h"

#include <poll.h>
#include <sys/stat.h>

static int events(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};

    CHECK(poll(&p, 1, 0) >= 0);
    return p.revents;
}

static const char *make(const char *name)
{
    CHECK(mkfifo(claim_path(name), 0600) == 0);
    return claim_path(name);
}

int main(void)
{
    static char big[30000], got[30000];
    const char *path = make("pair");
    int r = open(path, O_RDONLY | O_NONBLOCK), w = open(path, O_WRONLY);
    int both = open(make("both"), O_RDWR), left, tmp, up[2];
    pid_t opener;

    CHECK(r >= 0 && w >= 0 && both >= 0 && pipe(up) == 0);
    claim_fill(big, sizeof big, 5);
    CHECK_EQ(write(w, big, sizeof big), (ssize_t)sizeof big);
    CHECK_EQ(write(both, "abc", 3), 3);
    CHECK((left = open(make("left"), O_RDONLY | O_NONBLOCK)) >= 0);
    CHECK((tmp = open(claim_path("left"), O_WRONLY)) >= 0);
    CHECK_EQ(write(tmp, "last", 4), 4);
    close(tmp);
    make("alone");
    CHECK((opener = fork()) >= 0);
    if (opener == 0) {
        close(w);
        claim_tell(up[1]);
        tmp = open(claim_path("alone"), O_WRONLY);
        CHECK(tmp >= 0 && write(tmp, "x", 1) == 1);
        _exit(0);
    }
    claim_hear(up[0]);
    claim_ready();
    claim_wait();
    BREAK(CHECK(read(both, got, 1) == 1));
    CHECK(fcntl(r, F_GETFL) & O_NONBLOCK);
    CHECK(!(fcntl(w, F_GETFL) & O_NONBLOCK));
    CHECK_EQ(read(r, got, sizeof got), (ssize_t)sizeof got);
    CHECK(claim_same(got, sizeof got, 5));
    CHECK(read(r, got, 1) < 0 && errno == EAGAIN);
    CHECK(read(both, got, 10) == 3 && !memcmp(got, "abc", 3));
    CHECK_EQ(events(left), POLLIN | POLLHUP);
    CHECK(read(left, got, 10) == 4 && !memcmp(got, "last", 4));
    CHECK_EQ(events(left), POLLHUP);
    CHECK_EQ(read(left, got, 10), 0);
    close(w);
    CHECK_EQ(read(r, got, 1), 0);
    CHECK((w = open(claim_path("pair"), O_WRONLY)) >= 0);
    CHECK_EQ(write(w, "n", 1), 1);
    CHECK_EQ(read(r, got, 1), 1);
    CHECK((tmp = open(claim_path("alone"), O_RDONLY)) >= 0);
    CHECK_EQ(read(tmp, got, 1), 1);
    claim_reap(opener);
    claim_pass();
}
