/* Claim: processes that have mapped different parts of one object, the one
 * that has the smaller part first, find all of it. */
#include "claim.h"
#include <sys/mman.h>

#define PAGE 4096ul

int main(void)
{
    unsigned char *p = mmap(NULL, 64 * PAGE, PROT_READ | PROT_WRITE,
                            MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pid_t pid;

    CHECK(p != MAP_FAILED && (pid = fork()) >= 0);
    if (pid == 0) {
        UNTIL(p[0] == 2 || claim_go());
        UNTIL(p[0] == 2);
        CHECK(claim_same(p + PAGE, 63 * PAGE, 9));
        CHECK(mprotect(p, 64 * PAGE, PROT_NONE) == 0);
        _exit(0);
    }
    claim_fill(p + PAGE, 63 * PAGE, 9);
    CHECK(munmap(p + 8 * PAGE, 56 * PAGE) == 0);
    claim_ready();
    claim_wait();
    BREAK(p[PAGE] ^= 1);
    CHECK(claim_same(p + PAGE, 7 * PAGE, 9));
    p[0] = 2;
    claim_reap(pid);
    claim_pass();
}
