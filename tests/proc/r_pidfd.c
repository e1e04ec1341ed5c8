/* Claim: a checkpoint of a program with a pidfd of a process outside of the
 * computation is refused by name, and the program goes on with it unharmed. */
/* refusal: descriptor [0-9]+.*pidfd of a process outside */
#include "claim.h"

#include <sys/syscall.h>

int main(void)
{
    int fd = (int)syscall(SYS_pidfd_open, 1, 0);

    if (fd < 0)
        claim_skip("process 1 can't be had");
    claim_ready();
    claim_wait();
    BREAK(close(fd));
    CHECK(fcntl(fd, F_GETFD) >= 0);
    claim_pass();
}
