/* Claim: a connected pair of stream sockets keeps what is unread in both
 * directions, and one who waits in read gets what comes afterwards. */
#include "claim.h"

#include <sys/socket.h>

#define BIG 100000

static void expect(int fd, const void *want, size_t n)
{
    char got[64];

    CHECK_EQ(recv(fd, got, n, MSG_WAITALL), (ssize_t)n);
    CHECK(!memcmp(got, want, n));
}

int main(void)
{
    static char big[BIG], got[BIG];
    int s[2], t[2], up[2];
    pid_t child;
    char c;

    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, s) == 0);
    CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0,
                     t) == 0 && pipe(up) == 0);
    child = fork();
    if (child == 0) { /* waits in read, then answers */
        close(s[0]);
        close(t[1]);
        claim_tell(up[1]);
        expect(s[1], "forth", 5);
        expect(s[1], "later", 5);
        CHECK_EQ(write(s[1], "answer", 6), 6);
        CHECK_EQ(read(s[1], &c, 1), 0);
        _exit(0);
    }
    close(s[1]);
    claim_hear(up[0]);
    CHECK_EQ(write(s[0], "forth", 5), 5);
    claim_fill(big, BIG, 3);
    CHECK_EQ(write(t[0], big, BIG), BIG);
    CHECK_EQ(write(t[1], "back", 4), 4);
    CHECK_EQ(read(t[0], &c, 1), 1);
    claim_ready();
    claim_wait();
    BREAK(read(t[0], &c, 1));
    CHECK_EQ(write(s[0], "later", 5), 5);
    expect(s[0], "answer", 6);
    expect(t[0], "ack", 3);
    CHECK(read(t[0], &c, 1) < 0 && errno == EAGAIN);
    CHECK(fcntl(t[0], F_GETFL) & O_NONBLOCK);
    CHECK_EQ(fcntl(t[0], F_GETFD), FD_CLOEXEC);
    CHECK_EQ(fcntl(s[0], F_GETFD), 0);
    CHECK_EQ(recv(t[1], got, BIG, MSG_WAITALL), BIG);
    CHECK(claim_same(got, BIG, 3));
    close(t[1]);
    CHECK_EQ(read(t[0], &c, 1), 0);
    close(s[0]);
    claim_reap(child);
    claim_pass();
}
