/* Claim: restored anonymous memory behaves like anonymous memory: given up
 * pages read as zero, MADV_FREE is accepted, mremap moves the contents. */
#include "claim.h"
#include <sys/mman.h>

#define SIZE (1ul << 20)

int main(void)
{
    unsigned char *p = mmap(NULL, SIZE, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    unsigned char *q;

    CHECK(p != MAP_FAILED);
    claim_fill(p, SIZE, 1);
    claim_ready();
    claim_wait();
    BREAK(p[0] ^= 1);
    CHECK(claim_same(p, SIZE, 1));
    q = mremap(p, SIZE, 4 * SIZE, MREMAP_MAYMOVE);
    CHECK(q != MAP_FAILED && claim_same(q, SIZE, 1));
    CHECK(madvise(q, SIZE, MADV_FREE) == 0);
    CHECK(madvise(q, SIZE, MADV_DONTNEED) == 0);
    for (size_t i = 0; i < SIZE; i++)
        CHECK(q[i] == 0);
    claim_pass();
}
