/* Claim: a checkpoint of a program that has a memory file mapped for writing
 * which was sealed against that afterwards is refused by name, and the
 * program goes on with it unharmed. */
/* refusal: sealed */
#include "claim.h"
#include <sys/mman.h>

int main(void)
{
    int fd = memfd_create("something", MFD_ALLOW_SEALING);
    char *p;

    CHECK(fd >= 0 && ftruncate(fd, 8192) == 0);
    p = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    CHECK(p != MAP_FAILED);
    CHECK(fcntl(fd, F_ADD_SEALS, F_SEAL_FUTURE_WRITE) == 0);
    strcpy(p, "kept");
    claim_ready();
    claim_wait();
    BREAK(p[0]++);
    CHECK(strcmp(p, "kept") == 0);
    claim_pass();
}
