/* Claim: robust lists are kept: a thread that ends with a robust mutex held
 * leaves EOWNERDEAD to the next owner, after a restart too. */
#include "claim.h"
#include <pthread.h>

static pthread_mutex_t m;
static volatile int up, go_on;

static void *holder(void *arg)
{
    (void)arg;
    CHECK(pthread_mutex_lock(&m) == 0);
    up = 1;
    UNTIL(go_on);
    BREAK(pthread_mutex_unlock(&m));
    return NULL;
}

int main(void)
{
    pthread_mutexattr_t a;
    pthread_t t;

    pthread_mutexattr_init(&a);
    pthread_mutexattr_setrobust(&a, PTHREAD_MUTEX_ROBUST);
    CHECK(pthread_mutex_init(&m, &a) == 0);
    CHECK(pthread_create(&t, NULL, holder, NULL) == 0);
    UNTIL(up);
    claim_ready();
    claim_wait();
    CHECK_EQ(pthread_mutex_trylock(&m), EBUSY);
    go_on = 1;
    CHECK(pthread_join(t, NULL) == 0);
    CHECK_EQ(pthread_mutex_lock(&m), EOWNERDEAD);
    CHECK(pthread_mutex_consistent(&m) == 0);
    CHECK(pthread_mutex_unlock(&m) == 0);
    claim_pass();
}
