/* Claim: a memory file is one object for those who have it open and those
 * who have it mapped, relatives or not, sealed or not. */
#include "claim.h"
#include <sys/mman.h>

#define SIZE (64ul << 10)

int main(void)
{
    int fd = memfd_create("both", MFD_ALLOW_SEALING);
    int sealed = memfd_create("sealed", MFD_ALLOW_SEALING);
    unsigned char *p, *s, c;
    pid_t pid;

    CHECK(fd >= 0 && ftruncate(fd, SIZE) == 0);
    CHECK(sealed >= 0 && write(sealed, "fixed", 6) == 6);
    CHECK(fcntl(sealed, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK) == 0);
    p = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    s = mmap(NULL, 4096, PROT_READ, MAP_SHARED, sealed, 0);
    CHECK(p != MAP_FAILED && s != MAP_FAILED);
    claim_fill(p, SIZE - 2, 3);
    CHECK((pid = fork()) >= 0);
    if (pid == 0) {
        CHECK(munmap(p, SIZE) == 0);
        do
            CHECK(pread(fd, &c, 1, SIZE - 2) == 1);
        while (c != 1 && (claim_nap(), 1));
        CHECK(pwrite(fd, "\2", 1, SIZE - 1) == 1);
        _exit(0);
    }
    CHECK(close(fd) == 0);
    claim_ready();
    claim_wait();
    BREAK(p[99] ^= 1);
    CHECK(claim_same(p, SIZE - 2, 3));
    CHECK(strcmp((char *)s, "fixed") == 0);
    CHECK(mprotect(s, 4096, PROT_READ | PROT_WRITE) < 0);
    CHECK(pwrite(sealed, "x", 1, 0) < 0);
    p[SIZE - 2] = 1;
    claim_reap(pid);
    CHECK_EQ(p[SIZE - 1], 2);
    claim_pass();
}
