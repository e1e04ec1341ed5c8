/* Claim: a checkpoint of a program with an io_uring is refused by name, and
 * the program goes on with it unharmed. */
/* refusal: descriptor [0-9]+.*io_uring */
#include "claim.h"

#include <sys/syscall.h>

int main(void)
{
    uint32_t params[32] = {0};
    int fd = (int)syscall(SYS_io_uring_setup, 4, params);

    if (fd < 0)
        claim_skip("no io_uring here");
    claim_ready();
    claim_wait();
    BREAK(close(fd));
    CHECK_EQ(syscall(SYS_io_uring_enter, fd, 0, 0, 0, NULL, 0), 0);
    claim_pass();
}
