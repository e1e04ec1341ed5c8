/* Claim: threads can be created after a restart, use their own TLS, and a
 * detached one ends by itself. */
#include "claim.h"
#include <pthread.h>

static __thread long mine = 3;
static volatile int ended;
static volatile int go_on, up;

static void *work(void *arg)
{
    CHECK_EQ(mine, 3);
    mine = (long)arg;
    free(malloc(10000));
    CHECK(mine == (long)arg);
    __atomic_fetch_add(&ended, 1, __ATOMIC_SEQ_CST);
    return (void *)mine;
}

static void *old(void *arg)
{
    up = 1;
    UNTIL(go_on);
    return arg;
}

int main(void)
{
    pthread_t t[40], o, d;
    void *r;

    CHECK(pthread_create(&o, NULL, old, NULL) == 0);
    UNTIL(up);
    claim_ready();
    claim_wait();
    for (long i = 0; i < 40; i++)
        CHECK(pthread_create(&t[i], NULL, work, (void *)i) == 0);
    for (long i = 0; i < 40; i++) {
        CHECK(pthread_join(t[i], &r) == 0);
        CHECK_EQ((long)r, i);
    }
    BREAK(ended++);
    CHECK_EQ(ended, 40);
    CHECK(pthread_create(&d, NULL, work, NULL) == 0);
    CHECK(pthread_detach(d) == 0);
    UNTIL(ended == 41);
    go_on = 1;
    CHECK(pthread_join(o, NULL) == 0);
    claim_pass();
}
