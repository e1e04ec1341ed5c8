/* Claim: a timed wait on a condition variable ends by its time-out, not
 * before and not never, also when the restart came in between. */
#include "claim.h"
#include <pthread.h>
#include <time.h>

static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t c;
static volatile int waiting, result = -1;
static long long due, ended;

static void *waiter(void *arg)
{
    struct timespec at;

    (void)arg;
    clock_gettime(CLOCK_MONOTONIC, &at);
    at.tv_sec += 3;
    due = at.tv_sec * 1000LL + at.tv_nsec / 1000000;
    pthread_mutex_lock(&m);
    waiting = 1;
    do
        result = pthread_cond_timedwait(&c, &m, &at);
    while (result == 0);
    ended = claim_ms();
    pthread_mutex_unlock(&m);
    return NULL;
}

int main(void)
{
    pthread_condattr_t a;
    pthread_t t;

    pthread_condattr_init(&a);
    CHECK(pthread_condattr_setclock(&a, CLOCK_MONOTONIC) == 0);
    CHECK(pthread_cond_init(&c, &a) == 0);
    CHECK(pthread_create(&t, NULL, waiter, NULL) == 0);
    UNTIL(waiting);
    claim_ready();
    claim_wait();
    BREAK(due += 10000);
    CHECK(pthread_join(t, NULL) == 0);
    CHECK_EQ(result, ETIMEDOUT);
    CHECK(ended >= due);
    claim_pass();
}
