/* Claim: a file that is mapped for execution and appended to all the time, as
 * a just-in-time compiler's dump for a profiler is, comes back. */
#include "claim.h"
#include <sys/mman.h>

int main(void)
{
    static unsigned char more[4096];
    int fd = open(claim_path("dump"), O_RDWR | O_CREAT | O_APPEND, 0600);
    const unsigned char *p;

    claim_fill(more, sizeof(more), 7);
    CHECK_EQ(write(fd, more, sizeof(more)), (ssize_t)sizeof(more));
    p = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);
    CHECK(p != MAP_FAILED);
    claim_ready();
    while (!claim_go()) {
        CHECK_EQ(write(fd, more, sizeof(more)), (ssize_t)sizeof(more));
        claim_nap();
    }
    BREAK(p++);
    CHECK(claim_same(p, 100, 7));
    claim_pass();
}
