/* Claim: a socket full to the brim, with a writer that waits for room, loses
 * and doubles nothing; small messages fill it as large ones do. */
#include "claim.h"

#include <sys/socket.h>

#define BIG (1u << 20)

static char big[BIG], got[BIG];

int main(void)
{
    int s[2], d[2], up[2], n = 0;
    pid_t child;
    char c;

    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, s) == 0 && pipe(up) == 0);
    CHECK(socketpair(AF_UNIX, SOCK_DGRAM, 0, d) == 0);
    claim_fill(big, BIG, 9);
    child = fork();
    if (child == 0) {
        size_t done = 0;

        close(s[1]);
        claim_tell(up[1]);
        while (done < BIG) {
            ssize_t k = write(s[0], big + done, BIG - done);

            CHECK(k > 0);
            done += (size_t)k;
        }
        _exit(0);
    }
    close(s[0]);
    claim_hear(up[0]);
    while (send(d[0], &(char){(char)n}, 1, MSG_DONTWAIT) == 1)
        n++;
    claim_ready();
    claim_wait();
    BREAK(read(s[1], &c, 1));
    CHECK_EQ(recv(s[1], got, BIG, MSG_WAITALL), BIG);
    CHECK(claim_same(got, BIG, 9));
    CHECK_EQ(read(s[1], &c, 1), 0);
    CHECK(send(d[0], "x", 1, MSG_DONTWAIT) < 0 && errno == EAGAIN);
    for (int i = 0; i < n; i++) {
        CHECK_EQ(recv(d[1], &c, 1, MSG_DONTWAIT), 1);
        CHECK_EQ(c, (char)i);
    }
    claim_reap(child);
    claim_pass();
}
