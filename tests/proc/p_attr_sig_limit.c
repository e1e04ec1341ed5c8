/* Claim: signals that wait are all there although the program has lowered the
 * limit of how many may wait (RLIMIT_SIGPENDING) since. */
#include "claim.h"
#include <sys/resource.h>

enum { N = 20 };

int main(void)
{
    struct rlimit lim = {0, 0};
    struct timespec now = {0, 0};
    sigset_t set;
    siginfo_t si;

    sigemptyset(&set);
    sigaddset(&set, SIGRTMIN + 3);
    CHECK(sigprocmask(SIG_BLOCK, &set, NULL) == 0);
    for (int i = 0; i < N; i++)
        CHECK(sigqueue(getpid(), SIGRTMIN + 3,
                       (union sigval){.sival_int = i}) == 0);
    CHECK(setrlimit(RLIMIT_SIGPENDING, &lim) == 0);
    claim_ready();
    claim_wait();
    BREAK(sigwaitinfo(&set, NULL));
    for (int i = 0; i < N; i++) {
        CHECK_EQ(sigtimedwait(&set, &si, &now), SIGRTMIN + 3);
        CHECK_EQ(si.si_value.sival_int, i);
    }
    CHECK_EQ(sigtimedwait(&set, &si, &now), -1);
    CHECK(getrlimit(RLIMIT_SIGPENDING, &lim) == 0);
    CHECK_EQ(lim.rlim_cur, 0);
    claim_pass();
}
