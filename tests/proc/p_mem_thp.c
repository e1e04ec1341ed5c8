/* Claim: an area of huge pages keeps its contents and its advice. */
#include "claim.h"
#include <sys/mman.h>

#define SIZE (16ul << 20)

int main(void)
{
    unsigned char *p = mmap(NULL, SIZE, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    unsigned char *q = mmap(NULL, SIZE, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    CHECK(p != MAP_FAILED && q != MAP_FAILED);
    if (madvise(p, SIZE, MADV_HUGEPAGE) != 0)
        claim_skip("no transparent huge pages");
    CHECK(madvise(q, SIZE, MADV_NOHUGEPAGE) == 0);
    claim_fill(p, SIZE, 1);
    claim_fill(q, SIZE, 2);
    claim_ready();
    claim_wait();
    BREAK(madvise(p, SIZE, MADV_NOHUGEPAGE));
    CHECK(claim_same(p, SIZE, 1));
    CHECK(claim_same(q, SIZE, 2));
    CHECK(strstr(claim_vmflags(p), " hg"));
    CHECK(strstr(claim_vmflags(q), " nh"));
    claim_pass();
}
