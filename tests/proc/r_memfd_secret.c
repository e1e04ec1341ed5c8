/* Claim: a checkpoint of a program with secret memory is refused by name, and the
 * program goes on with it unharmed. */
/* refusal: descriptor [0-9]+ is .*secret memory */
#include "claim.h"

#include <sys/mman.h>
#include <sys/syscall.h>

int main(void)
{
    int fd = (int)syscall(SYS_memfd_secret, 0);
    char *p;

    if (fd < 0)
        claim_skip("no secret memory here");
    CHECK(ftruncate(fd, 8192) == 0);
    p = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    CHECK(p != MAP_FAILED);
    claim_fill(p, 8192, 1);
    claim_ready();
    claim_wait();
    BREAK(memset(p, 0, 1));
    CHECK(claim_same(p, 8192, 1));
    claim_pass();
}
