/* Claim: pthread_join works for a thread that ended before the checkpoint,
 * for one that ends after it, and for a joiner that was waiting. */
#include "claim.h"
#include <pthread.h>

static volatile int go_on, about, started;

static void *quick(void *arg)
{
    return arg;
}

static void *slow(void *arg)
{
    started = 1;
    UNTIL(go_on);
    return arg;
}

static void *joiner(void *arg)
{
    void *r = NULL;

    about = 1;
    CHECK(pthread_join(*(pthread_t *)arg, &r) == 0);
    return r;
}

int main(void)
{
    pthread_t q, s, j;
    void *r = NULL;

    CHECK(pthread_create(&q, NULL, quick, (void *)11) == 0);
    CHECK(pthread_create(&s, NULL, slow, (void *)22) == 0);
    CHECK(pthread_create(&j, NULL, joiner, &s) == 0);
    UNTIL(about && started);
    CHECK_EQ(pthread_tryjoin_np(j, &r), EBUSY);
    claim_ready();
    claim_wait();
    CHECK_EQ(pthread_tryjoin_np(j, &r), EBUSY);
    go_on = 1;
    CHECK(pthread_join(q, &r) == 0);
    CHECK_EQ((long)r, 11);
    CHECK(pthread_join(j, &r) == 0);
    BREAK(r = NULL);
    CHECK_EQ((long)r, 22);
    claim_pass();
}
