/* Claim: a program with hardly any descriptors left can be checkpointed, and
 * finds none of ours in its table. */
#include "claim.h"
#include <sys/resource.h>

int main(void)
{
    struct rlimit low = {4, 64};
    int fd;

    CHECK(close_range(3, ~0u, 0) == 0);
    CHECK(setrlimit(RLIMIT_NOFILE, &low) == 0);
    CHECK_EQ(open("/dev/null", O_RDONLY), 3);
    CHECK(open("/dev/null", O_RDONLY) == -1 && errno == EMFILE);
    claim_ready();
    claim_wait();
    BREAK(close(3));
    fd = open("/dev/null", O_RDONLY);
    CHECK(fd == -1 && errno == EMFILE);
    low.rlim_cur = 64;
    CHECK(setrlimit(RLIMIT_NOFILE, &low) == 0);
    for (int i = 4; i < 64; i++)
        CHECK_EQ(open("/dev/null", O_RDONLY), i);
    claim_pass();
}
