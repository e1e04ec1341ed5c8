/* Claim: the three interval timers keep what remains and their interval. */
#include "claim.h"
#include <sys/time.h>

static volatile int hits[3];

static void handler(int s)
{
    hits[s == SIGALRM ? 0 : s == SIGVTALRM ? 1 : 2]++;
}

int main(void)
{
    struct itimerval v = {{0, 30000}, {0, 30000}}, is;
    struct itimerval slow = {{77, 5000}, {3600, 0}};
    struct sigaction sa = {.sa_handler = handler, .sa_flags = SA_RESTART};
    int was, go = 0;

    CHECK(sigaction(SIGALRM, &sa, NULL) == 0);
    CHECK(sigaction(SIGVTALRM, &sa, NULL) == 0);
    CHECK(sigaction(SIGPROF, &sa, NULL) == 0);
    CHECK(setitimer(ITIMER_REAL, &v, NULL) == 0);
    CHECK(setitimer(ITIMER_VIRTUAL, &v, NULL) == 0);
    CHECK(setitimer(ITIMER_PROF, &slow, NULL) == 0);
    UNTIL(hits[0] > 0);
    claim_ready();
    while (!go)
        for (int i = 0; i < 100; i++)
            go = claim_go();
    CHECK(getitimer(ITIMER_PROF, &is) == 0);
    BREAK(is.it_interval.tv_sec++);
    CHECK(is.it_interval.tv_sec == 77 && is.it_interval.tv_usec == 5000);
    CHECK(is.it_value.tv_sec > 3500 && is.it_value.tv_sec <= 3600);
    CHECK(getitimer(ITIMER_REAL, &is) == 0);
    CHECK(is.it_interval.tv_usec == 30000);
    was = hits[0];
    UNTIL(hits[0] > was + 1);
    was = hits[1];
    for (long long end = claim_ms() + 20000; hits[1] == was;)
        CHECK(claim_ms() < end);
    CHECK_EQ(hits[2], 0);
    claim_pass();
}
