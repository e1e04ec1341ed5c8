/* Claim: what a process has registered for with membarrier() it may go on
 * using. */
#include "claim.h"

#include <sys/syscall.h>

static const struct {
    int reg, use;
} kinds[] = {{1 << 4, 1 << 3}, {1 << 6, 1 << 5}, {1 << 8, 1 << 7}};

static long barrier(int cmd)
{
    return syscall(SYS_membarrier, cmd, 0, 0);
}

int main(void)
{
    long have = barrier(0), before = barrier(1 << 9);

    if (have < 0 || !(have & kinds[0].reg))
        claim_skip("no membarrier here");
    CHECK(before <= 0);
    for (size_t i = 0; i < 3; i++) {
        if (!(have & kinds[i].reg))
            continue;
        CHECK(barrier(kinds[i].use) < 0);
        CHECK_EQ(barrier(kinds[i].reg), 0);
    }
    before = barrier(1 << 9);
    claim_ready();
    claim_wait();
    BREAK(have |= 1 << 30);
    for (size_t i = 0; i < 3; i++)
        if (have & kinds[i].reg)
            CHECK_EQ(barrier(kinds[i].use), 0);
    CHECK(!(have & 1 << 30));
    CHECK_EQ(barrier(1 << 9), before);
    claim_pass();
}
