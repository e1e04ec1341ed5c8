/* Claim: the break is where it was and grows from there after a restart. */
#include "claim.h"

int main(void)
{
    unsigned char *p = sbrk(300000), *q, *end;

    CHECK(p != (void *)-1);
    claim_fill(p, 300000, 4);
    end = sbrk(0);
    claim_ready();
    claim_wait();
    BREAK(sbrk(4096));
    CHECK(sbrk(0) == end);
    q = sbrk(500000);
    CHECK(q == end);
    claim_fill(q, 500000, 5);
    CHECK(claim_same(p, 300000, 4) && claim_same(q, 500000, 5));
    CHECK(sbrk(-800000) == q + 500000);
    CHECK(sbrk(0) == p);
    claim_pass();
}
