/* Claim: an interval timer whose signal is blocked and pending goes on with
 * its interval when the signal is taken. */
#include "claim.h"
#include <sys/time.h>

static volatile int hits;

static void handler(int s)
{
    (void)s;
    hits++;
}

int main(void)
{
    struct itimerval v = {{0, 20000}, {0, 20000}};
    struct sigaction sa = {.sa_handler = handler, .sa_flags = SA_RESTART};
    sigset_t set, pending;

    sigemptyset(&set);
    sigaddset(&set, SIGALRM);
    CHECK(sigprocmask(SIG_BLOCK, &set, NULL) == 0);
    CHECK(sigaction(SIGALRM, &sa, NULL) == 0);
    CHECK(setitimer(ITIMER_REAL, &v, NULL) == 0);
    do
        CHECK(sigpending(&pending) == 0);
    while (!sigismember(&pending, SIGALRM));
    claim_ready();
    claim_wait();
    CHECK_EQ(hits, 0);
    BREAK(v.it_interval.tv_usec = 0; v.it_value.tv_usec = 0;
          setitimer(ITIMER_REAL, &v, NULL));
    CHECK(sigprocmask(SIG_UNBLOCK, &set, NULL) == 0);
    for (long long end = claim_ms() + 5000; hits <= 2;)
        CHECK(claim_ms() < end);
    claim_pass();
}
