/* Claim: a guard page between two areas still faults, and they are whole. */
#include "claim.h"
#include <setjmp.h>
#include <sys/mman.h>

static sigjmp_buf env;
static volatile char *hit;

static void on_segv(int sig, siginfo_t *si, void *uc)
{
    (void)sig, (void)uc;
    hit = si->si_addr;
    siglongjmp(env, 1);
}

static int faults(volatile char *p)
{
    hit = NULL;
    if (sigsetjmp(env, 1) == 0) {
        *p = 1;
        return 0;
    }
    return hit == p;
}

int main(void)
{
    struct sigaction sa = {.sa_sigaction = on_segv, .sa_flags = SA_SIGINFO};
    char *p = mmap(NULL, 3 * 4096, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    CHECK(p != MAP_FAILED);
    claim_fill(p, 4096, 1);
    claim_fill(p + 8192, 4096, 3);
    CHECK(mprotect(p + 4096, 4096, PROT_NONE) == 0);
    CHECK(sigaction(SIGSEGV, &sa, NULL) == 0);
    CHECK(faults(p + 4096 + 12));
    claim_ready();
    claim_wait();
    BREAK(mprotect(p + 4096, 4096, PROT_WRITE));
    CHECK(faults(p + 4096));
    CHECK(faults(p + 8191));
    CHECK(claim_same(p, 4096, 1) && claim_same(p + 8192, 4096, 3));
    claim_pass();
}
