/* Claim: resource limits, soft and hard, are what they were. */
#include "claim.h"
#include <sys/resource.h>

int main(void)
{
    struct rlimit was[RLIM_NLIMITS], is;

    for (int i = 0; i < (int)RLIM_NLIMITS; i++) {
        rlim_t most = 1ul << (i == RLIMIT_AS || i == RLIMIT_DATA ? 40 : 30);

        CHECK(getrlimit(i, &is) == 0);
        is.rlim_max = is.rlim_max > most ? most : is.rlim_max;
        is.rlim_cur = is.rlim_max - is.rlim_max / 4;
        CHECK(setrlimit(i, &is) == 0);
    }
    for (int i = 0; i < (int)RLIM_NLIMITS; i++)
        CHECK(getrlimit(i, &was[i]) == 0);
    claim_ready();
    claim_wait();
    BREAK(was[RLIMIT_CORE].rlim_cur++);
    for (int i = 0; i < (int)RLIM_NLIMITS; i++) {
        CHECK(getrlimit(i, &is) == 0);
        if (is.rlim_cur != was[i].rlim_cur || is.rlim_max != was[i].rlim_max)
            claim_fail(__FILE__, __LINE__, "limit %d: %lu/%lu, was %lu/%lu",
                       i, is.rlim_cur, is.rlim_max, was[i].rlim_cur,
                       was[i].rlim_max);
    }
    claim_pass();
}
