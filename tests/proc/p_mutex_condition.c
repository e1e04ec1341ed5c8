/* Claim: the owner of a mutex that others, who wait for a condition, have let
 * go of stays its owner: glibc counts them among its users. */
#include "claim.h"
#include <pthread.h>

static pthread_mutex_t m;
static pthread_cond_t c = PTHREAD_COND_INITIALIZER;
static int ready, waiting;

static void *wait_for_it(void *arg)
{
    (void)arg;
    CHECK(pthread_mutex_lock(&m) == 0);
    waiting++;
    while (!ready)
        CHECK(pthread_cond_wait(&c, &m) == 0);
    CHECK(pthread_mutex_unlock(&m) == 0);
    return NULL;
}

static int all_wait(void)
{
    int n;

    CHECK(pthread_mutex_lock(&m) == 0);
    n = waiting;
    CHECK(pthread_mutex_unlock(&m) == 0);
    return n == 3;
}

int main(void)
{
    pthread_mutexattr_t a;
    pthread_t t[3];

    pthread_mutexattr_init(&a);
    CHECK(pthread_mutexattr_settype(&a, PTHREAD_MUTEX_ERRORCHECK) == 0);
    CHECK(pthread_mutex_init(&m, &a) == 0);
    for (int i = 0; i < 3; i++)
        CHECK(pthread_create(&t[i], NULL, wait_for_it, NULL) == 0);
    UNTIL(all_wait());
    CHECK(pthread_mutex_lock(&m) == 0);
    claim_ready();
    claim_wait();
    BREAK(pthread_mutex_unlock(&m));
    CHECK_EQ(pthread_mutex_lock(&m), EDEADLK);
    ready = 1;
    CHECK(pthread_cond_broadcast(&c) == 0);
    CHECK_EQ(pthread_mutex_unlock(&m), 0);
    for (int i = 0; i < 3; i++)
        CHECK(pthread_join(t[i], NULL) == 0);
    claim_pass();
}
