/* Claim: status flags and close-on-exec of descriptors are kept. */
#include "claim.h"

int main(void)
{
    static const int flags[] = {0, O_APPEND, O_NONBLOCK, O_SYNC, O_DSYNC,
                                O_NOATIME, O_APPEND | O_NONBLOCK};
    int fd[7], was[7];

    for (int i = 0; i < 7; i++) {
        fd[i] = open(claim_path("data"), O_CREAT | O_RDWR | flags[i], 0644);
        CHECK(fd[i] >= 0);
        was[i] = fcntl(fd[i], F_GETFL);
        CHECK(fcntl(fd[i], F_SETFD, i & 1 ? FD_CLOEXEC : 0) == 0);
    }
    claim_ready();
    claim_wait();
    BREAK(fcntl(fd[2], F_SETFL, 0));
    for (int i = 0; i < 7; i++) {
        CHECK_EQ(fcntl(fd[i], F_GETFL), was[i]);
        CHECK_EQ(fcntl(fd[i], F_GETFD), i & 1 ? FD_CLOEXEC : 0);
    }
    claim_pass();
}
