/* Claim: parts of one shared area, mapped twice with different rights and
 * offsets, remain views of the same memory. */
#include "claim.h"
#include <sys/mman.h>

#define PAGE 4096ul

int main(void)
{
    unsigned char *p = mmap(NULL, 16 * PAGE, PROT_READ | PROT_WRITE,
                            MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    unsigned char *q;

    CHECK(p != MAP_FAILED);
    claim_fill(p, 16 * PAGE, 3);
    /* old_size 0 duplicates a shared mapping */
    q = mremap(p + 4 * PAGE, 0, 4 * PAGE, MREMAP_MAYMOVE);
    CHECK(q != MAP_FAILED);
    CHECK(mprotect(q, 4 * PAGE, PROT_READ) == 0);
    CHECK(munmap(p + 12 * PAGE, 4 * PAGE) == 0);
    claim_ready();
    claim_wait();
    BREAK(p[4 * PAGE] ^= 1);
    CHECK(claim_same(p, 12 * PAGE, 3));
    CHECK(memcmp(q, p + 4 * PAGE, 4 * PAGE) == 0);
    p[4 * PAGE + 17] = (unsigned char)~p[4 * PAGE + 17];
    CHECK_EQ(q[17], p[4 * PAGE + 17]);
    claim_pass();
}
