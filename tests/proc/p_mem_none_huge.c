/* Claim: more memory than the machine has, reserved without rights and used a
 * little, and a file mapped for reading, take nothing that they did not take. */
#include "claim.h"
#include <sys/mman.h>

#define SIZE (8ull << 40)

int main(void)
{
    char *p = mmap(NULL, SIZE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    int fd = open("/proc/self/exe", O_RDONLY);
    char *f = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0), flags[300];

    CHECK(f != MAP_FAILED && close(fd) == 0);
    if (p == MAP_FAILED)
        claim_skip("not so much can be reserved");
    CHECK(mprotect(p + SIZE / 2, 8192, PROT_READ | PROT_WRITE) == 0);
    p[SIZE / 2] = 7;
    CHECK(mprotect(p + SIZE / 2, 8192, PROT_NONE) == 0);
    strcpy(flags, claim_vmflags(f));
    claim_ready();
    claim_wait();
    BREAK(munmap(p, 4096));
    if (strcmp(flags, claim_vmflags(f)) != 0)
        claim_fail(__FILE__, __LINE__, "had%s, has%s", flags,
                   claim_vmflags(f));
    CHECK(mprotect(p + SIZE / 2, 4096, PROT_READ) == 0);
    CHECK_EQ(p[SIZE / 2], 7);
    CHECK(mprotect(p, 4096, PROT_READ | PROT_WRITE) == 0);
    CHECK_EQ(p[0], 0);
    claim_pass();
}
