/* Claim: what a program has noted for itself, its thread's number, stays as it
 * is in its variables while it waits for a mutex that knows its owner. */
#include "claim.h"
#include <pthread.h>
#include <time.h>

enum { PLAIN, TIMED, ROBUST, INHERITING, KINDS };

static pthread_mutex_t m[KINDS];
static volatile int about;

static void *waiter(void *arg)
{
    static const struct timespec late = {4000000000, 0};
    long kind = (long)arg;
    volatile pid_t noted[16];

    for (int i = 0; i < 16; i++)
        noted[i] = gettid();
    __atomic_add_fetch(&about, 1, __ATOMIC_RELAXED);
    CHECK((kind == TIMED ? pthread_mutex_timedlock(&m[kind], &late)
                         : pthread_mutex_lock(&m[kind])) == 0);
    BREAK(noted[3]++);
    for (int i = 0; i < 16; i++)
        CHECK_EQ(noted[i], gettid());
    CHECK(pthread_mutex_lock(&m[kind]) == 0); /* it is its owner */
    CHECK(pthread_mutex_unlock(&m[kind]) == 0);
    CHECK(pthread_mutex_unlock(&m[kind]) == 0);
    return NULL;
}

int main(void)
{
    pthread_mutexattr_t a;
    pthread_t t[KINDS];

    for (long i = 0; i < KINDS; i++) {
        pthread_mutexattr_init(&a);
        CHECK(pthread_mutexattr_settype(&a, PTHREAD_MUTEX_RECURSIVE) == 0);
        if (i == ROBUST)
            pthread_mutexattr_setrobust(&a, PTHREAD_MUTEX_ROBUST);
        if (i == INHERITING)
            pthread_mutexattr_setprotocol(&a, PTHREAD_PRIO_INHERIT);
        CHECK(pthread_mutex_init(&m[i], &a) == 0);
        CHECK(pthread_mutex_lock(&m[i]) == 0);
        CHECK(pthread_create(&t[i], NULL, waiter, (void *)i) == 0);
    }
    UNTIL(about == KINDS);
    claim_ready();
    claim_wait();
    for (int i = 0; i < KINDS; i++) {
        CHECK(pthread_mutex_unlock(&m[i]) == 0);
        CHECK(pthread_join(t[i], NULL) == 0);
    }
    claim_pass();
}
