/* Claim: a timer that notifies by a thread (SIGEV_THREAD) goes on. */
#include "claim.h"
#include <time.h>

static volatile int ticks;

static void tick(union sigval v)
{
    __atomic_fetch_add(&ticks, v.sival_int, __ATOMIC_SEQ_CST);
}

int main(void)
{
    struct sigevent ev = {.sigev_notify = SIGEV_THREAD,
                          .sigev_value = {.sival_int = 2}};
    struct itimerspec v = {{0, 20000000}, {0, 20000000}};
    timer_t t;
    int was;

    ev.sigev_notify_function = tick;
    CHECK(timer_create(CLOCK_MONOTONIC, &ev, &t) == 0);
    CHECK(timer_settime(t, 0, &v, NULL) == 0);
    UNTIL(ticks > 0);
    claim_ready();
    claim_wait();
    was = ticks;
    UNTIL(ticks > was + 4);
    CHECK(timer_delete(t) == 0);
    BREAK(ticks |= 1);
    CHECK_EQ(ticks % 2, 0);
    claim_pass();
}
