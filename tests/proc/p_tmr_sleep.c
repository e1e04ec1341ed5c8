/* Claim: sleeps of each kind end by themselves, not early: relative ones
 * after their time, absolute ones when the clock says so. */
#include "claim.h"
#include <poll.h>
#include <pthread.h>
#include <sys/select.h>
#include <time.h>

#define MS 2500

static volatile int up, done;

static void *nano(void *arg)
{
    struct timespec ts = {MS / 1000, MS % 1000 * 1000000l};

    (void)arg;
    CHECK(nanosleep(&ts, NULL) == 0);
    return NULL;
}

static void *polls(void *arg)
{
    (void)arg;
    CHECK_EQ(poll(NULL, 0, MS), 0);
    return NULL;
}

static void *selects(void *arg)
{
    struct timeval tv = {MS / 1000, MS % 1000 * 1000};

    (void)arg;
    CHECK_EQ(select(0, NULL, NULL, NULL, &tv), 0);
    return NULL;
}

static void *absolute(void *arg)
{
    struct timespec ts;

    (void)arg;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    ts.tv_sec += MS / 1000;
    ts.tv_nsec += MS % 1000 * 1000000l;
    if (ts.tv_nsec >= 1000000000l)
        ts.tv_sec++, ts.tv_nsec -= 1000000000l;
    CHECK_EQ(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL), 0);
    return NULL;
}

static void *timed(void *arg)
{
    void *(*f)(void *);
    long long t0 = claim_ms();

    memcpy(&f, arg, sizeof f);
    __atomic_fetch_add(&up, 1, __ATOMIC_SEQ_CST);
    f(NULL);
    if (claim_ms() - t0 < MS - 2)
        claim_fail(__FILE__, __LINE__, "only %lld ms", claim_ms() - t0);
    __atomic_fetch_add(&done, 1, __ATOMIC_SEQ_CST);
    return NULL;
}

int main(void)
{
    void *(*f[4])(void *) = {nano, polls, selects, absolute};
    pthread_t t[4];

    for (int i = 0; i < 4; i++)
        CHECK(pthread_create(&t[i], NULL, timed, &f[i]) == 0);
    UNTIL(up == 4);
    claim_ready();
    claim_wait();
    for (int i = 0; i < 4; i++)
        CHECK(pthread_join(t[i], NULL) == 0);
    BREAK(done++);
    CHECK_EQ(done, 4);
    claim_pass();
}
