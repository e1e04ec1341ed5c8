/* Threads that take locks and give them back, with hardly any time of the
 * processors, which are kept busy by others. */
#include "claim.h"

#include <pthread.h>
#include <sched.h>

enum { LOCKERS = 8 };

static volatile int stop, bad, up;
static volatile unsigned long rounds[LOCKERS];

static void *locker(void *arg)
{
    volatile unsigned long *n = arg;
    struct sched_param idle = {0};
    pthread_mutexattr_t a;
    pthread_mutex_t m;

    CHECK(pthread_setschedparam(pthread_self(), SCHED_IDLE, &idle) == 0);
    pthread_mutexattr_init(&a);
    pthread_mutexattr_settype(&a, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_init(&m, &a);
    __atomic_add_fetch(&up, 1, __ATOMIC_SEQ_CST);
    while (!stop) {
        if (pthread_mutex_trylock(&m) || pthread_mutex_trylock(&m) ||
            pthread_mutex_unlock(&m) || pthread_mutex_unlock(&m)) {
            bad = 1;
            return NULL;
        }
        ++*n;
    }
    return NULL;
}

int main(void)
{
    pthread_t t[LOCKERS];

    for (int i = 0; i < LOCKERS; i++)
        CHECK(pthread_create(&t[i], NULL, locker, (void *)&rounds[i]) == 0);
    UNTIL(up == LOCKERS);
    claim_ready();
    claim_wait();
    stop = 1;
    for (int i = 0; i < LOCKERS; i++)
        CHECK_EQ(pthread_join(t[i], NULL), 0);
    CHECK_EQ(bad, 0);
    claim_pass();
}
