/* Claim: what lies unread in a pipe is there afterwards, once, in order,
 * and the pipe's capacity is what it was. */
#include "claim.h"

int main(void)
{
    int fd[2], big[2], small[2], cap, least;
    char *buf = malloc(200000), *got = malloc(200000);

    CHECK(pipe(fd) == 0 && pipe(big) == 0 && pipe(small) == 0);
    CHECK((least = fcntl(small[1], F_SETPIPE_SZ, 4096)) >= 4096);
    claim_fill(buf, 200000, 1);
    CHECK_EQ(write(fd[1], buf, 5000), 5000);
    CHECK_EQ(read(fd[0], got, 1000), 1000);
    CHECK((cap = fcntl(big[1], F_SETPIPE_SZ, 262144)) >= 262144);
    CHECK_EQ(write(big[1], buf, 200000), 200000);
    claim_ready();
    claim_wait();
    CHECK(write(fd[1], buf + 5000, 10) == 10);
    CHECK_EQ(read(fd[0], got + 1000, 100000), 4010);
    BREAK(got[2000] ^= 1);
    CHECK(memcmp(got, buf, 5010) == 0);
    CHECK_EQ(fcntl(big[0], F_GETPIPE_SZ), cap);
    CHECK_EQ(fcntl(small[0], F_GETPIPE_SZ), least);
    CHECK_EQ(read(big[0], got, 200000), 200000);
    CHECK(memcmp(got, buf, 200000) == 0);
    CHECK(fcntl(fd[0], F_SETFL, O_NONBLOCK) == 0);
    CHECK(read(fd[0], got, 1) == -1 && errno == EAGAIN);
    claim_pass();
}
