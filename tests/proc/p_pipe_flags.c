/* Claim: non-blocking, close-on-exec and packet mode of pipes are kept. */
#include "claim.h"

int main(void)
{
    int a[2], p[2];
    char buf[100];

    CHECK(pipe2(a, O_NONBLOCK | O_CLOEXEC) == 0 && pipe2(p, O_DIRECT) == 0);
    claim_ready();
    claim_wait();
    BREAK(fcntl(a[0], F_SETFL, 0); fcntl(a[0], F_SETFD, 0));
    CHECK_EQ(fcntl(a[0], F_GETFD), FD_CLOEXEC);
    CHECK(read(a[0], buf, 1) == -1 && errno == EAGAIN);
    CHECK(fcntl(p[1], F_GETFL) & O_DIRECT);
    CHECK(write(p[1], "one", 3) == 3 && write(p[1], "three", 5) == 5);
    CHECK_EQ(read(p[0], buf, 100), 3);
    CHECK_EQ(read(p[0], buf, 100), 5);
    CHECK(memcmp(buf, "three", 5) == 0);
    claim_pass();
}
