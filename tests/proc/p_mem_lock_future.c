/* Claim: memory that a program gets after mlockall(MCL_FUTURE) is locked, as
 * before, and on fault only if that was asked for. */
#include "claim.h"
#include <sys/mman.h>
#include <sys/resource.h>

static const char *flags_of_new(void)
{
    char *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    static char flags[2][300];
    static int n;

    CHECK(p != MAP_FAILED && madvise(p, 4096, MADV_DONTDUMP) == 0);
    n ^= 1;
    snprintf(flags[n], sizeof(flags[n]), "%s", claim_vmflags(p));
    CHECK(munmap(p, 4096) == 0);
    return flags[n];
}

int main(void)
{
    struct rlimit lim;
    const char *before;

    CHECK(getrlimit(RLIMIT_MEMLOCK, &lim) == 0);
    if (lim.rlim_cur < 8u << 20)
        claim_skip("no memory may be locked here (ulimit -l)");
    CHECK(mlockall(MCL_FUTURE | MCL_ONFAULT) == 0);
    before = flags_of_new();
    CHECK(strstr(before, " lo") && strstr(before, " lf"));
    claim_ready();
    claim_wait();
    BREAK(munlockall());
    CHECK(strcmp(before, flags_of_new()) == 0);
    claim_pass();
}
