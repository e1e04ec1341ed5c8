/* Claim: what is written to a mapped file after the checkpoint is gone after
 * a restart from it, as all other memory is. */
#include "claim.h"
#include <sys/mman.h>

int main(void)
{
    int fd = open(claim_path("data"), O_CREAT | O_RDWR | O_TRUNC, 0644);
    volatile unsigned *p;
    unsigned mine = 1;

    CHECK(fd >= 0 && ftruncate(fd, 8192) == 0);
    p = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    CHECK(p != MAP_FAILED);
    p[0] = p[1024] = mine;
    claim_ready();
    /* Both counters go on all the time, and agree all the time. */
    while (!claim_go()) {
        CHECK_EQ(p[0], mine);
        CHECK_EQ(p[1024], mine);
        mine++;
        p[0] = p[1024] = mine;
        claim_nap();
    }
    BREAK(p[1024]--);
    CHECK_EQ(p[0], mine);
    CHECK_EQ(p[1024], mine);
    claim_pass();
}
