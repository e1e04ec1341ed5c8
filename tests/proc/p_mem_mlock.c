/* Claim: a locked area is locked after a restart too. */
#include "claim.h"
#include <sys/mman.h>

#define SIZE (256ul << 10)

int main(void)
{
    char *p = mmap(NULL, SIZE, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    CHECK(p != MAP_FAILED);
    claim_fill(p, SIZE, 1);
    if (mlock(p, SIZE) != 0)
        claim_skip("RLIMIT_MEMLOCK is too low");
    CHECK(strstr(claim_vmflags(p), " lo"));
    claim_ready();
    claim_wait();
    BREAK(munlock(p, SIZE));
    CHECK(strstr(claim_vmflags(p), " lo"));
    CHECK(claim_same(p, SIZE, 1));
    CHECK(munlock(p, SIZE) == 0);
    CHECK(!strstr(claim_vmflags(p), " lo"));
    claim_pass();
}
