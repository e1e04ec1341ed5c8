/* Claim: a deep stack is kept, and it can grow further after a restart. */
#include "claim.h"

static int deep(int n, int more)
{
    volatile unsigned char buf[4096];
    int r;

    claim_fill((void *)buf, sizeof buf, (unsigned)n);
    if (n > 0) {
        r = deep(n - 1, more);
    } else {
        if (!more) {
            claim_ready();
            claim_wait();
            BREAK(buf[5] ^= 1);
            deep(900, 1);
        }
        r = 0;
    }
    CHECK(claim_same((void *)buf, sizeof buf, (unsigned)n));
    return r + 1;
}

int main(void)
{
    CHECK_EQ(deep(700, 0), 701);
    claim_pass();
}
