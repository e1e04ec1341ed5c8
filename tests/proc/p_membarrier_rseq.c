/* Claim: who has registered for barriers of restartable sequences only has
 * those afterwards, and no others: the kernel tells of both. */
#include "claim.h"

#include <sys/syscall.h>

enum { PRIVATE = 1 << 3, RSEQ = 1 << 7 };

static long membarrier(int cmd)
{
    return syscall(SYS_membarrier, cmd, 0, 0) < 0 ? errno : 0;
}

int main(void)
{
    if (membarrier(RSEQ << 1) != 0)
        claim_skip("no barriers of restartable sequences");
    CHECK_EQ(membarrier(RSEQ), 0);
    CHECK_EQ(membarrier(PRIVATE), EPERM);
    claim_ready();
    claim_wait();
    BREAK(membarrier(PRIVATE << 1));
    CHECK_EQ(membarrier(RSEQ), 0);
    CHECK_EQ(membarrier(PRIVATE), EPERM);
    claim_pass();
}
