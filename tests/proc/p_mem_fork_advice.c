/* Claim: areas that fork would not copy (MADV_DONTFORK, MADV_WIPEONFORK) are
 * kept with their contents and their advice. */
#include "claim.h"
#include <sys/mman.h>

#define SIZE (1ul << 20)

static unsigned char *area(unsigned seed, int advice)
{
    unsigned char *p = mmap(NULL, SIZE, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    CHECK(p != MAP_FAILED);
    claim_fill(p, SIZE, seed);
    CHECK(madvise(p, SIZE, advice) == 0);
    return p;
}

int main(void)
{
    unsigned char *d = area(1, MADV_DONTFORK), *w = area(2, MADV_WIPEONFORK);
    unsigned char *u = area(3, MADV_DONTDUMP);
    pid_t pid;

    claim_ready();
    claim_wait();
    BREAK(d[1] ^= 1);
    CHECK(claim_same(d, SIZE, 1));
    CHECK(claim_same(w, SIZE, 2));
    CHECK(claim_same(u, SIZE, 3));
    CHECK(strstr(claim_vmflags(d), " dc"));
    CHECK(strstr(claim_vmflags(w), " wf"));
    CHECK(strstr(claim_vmflags(u), " dd"));
    CHECK((pid = fork()) >= 0);
    if (pid == 0) {
        for (size_t i = 0; i < SIZE; i++)
            if (w[i])
                _exit(1);
        _exit(0);
    }
    claim_reap(pid);
    claim_pass();
}
