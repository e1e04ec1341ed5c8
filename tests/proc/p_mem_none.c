/* Claim: a PROT_NONE reservation costs nothing, keeps the contents of pages
 * that were written before they were closed, and can be opened later. */
#include "claim.h"
#include <sys/mman.h>

#define SIZE (64ul << 30)
#define PAGE 4096ul

int main(void)
{
    unsigned char *p = mmap(NULL, SIZE, PROT_NONE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1,
                            0);
    unsigned char *q = p + SIZE / 2;

    CHECK(p != MAP_FAILED);
    CHECK(mprotect(q, 8 * PAGE, PROT_READ | PROT_WRITE) == 0);
    claim_fill(q, 8 * PAGE, 9);
    CHECK(mprotect(q, 8 * PAGE, PROT_NONE) == 0);
    claim_ready();
    claim_wait();
    CHECK(mprotect(q, 16 * PAGE, PROT_READ | PROT_WRITE) == 0);
    BREAK(q[100] ^= 1);
    CHECK(claim_same(q, 8 * PAGE, 9));
    for (size_t i = 8 * PAGE; i < 16 * PAGE; i++)
        CHECK(q[i] == 0);
    CHECK(mprotect(p + SIZE - PAGE, PAGE, PROT_READ | PROT_WRITE) == 0);
    p[SIZE - 1] = 1;
    claim_pass();
}
