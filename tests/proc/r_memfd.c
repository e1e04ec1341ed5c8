/* Claim: a checkpoint of a program that maps a memfd is refused by name, and the
 * program goes on with it unharmed. */
/* refusal: memfd */
#include "claim.h"
#include <sys/mman.h>

int main(void)
{
    int fd = memfd_create("something", 0);
    char *p;

    CHECK(fd >= 0 && ftruncate(fd, 8192) == 0);
    p = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    CHECK(p != MAP_FAILED);
    strcpy(p, "kept");
    claim_ready();
    claim_wait();
    BREAK(p[0]++);
    CHECK(strcmp(p, "kept") == 0);
    claim_pass();
}
