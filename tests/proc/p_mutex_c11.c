/* Claim: a recursive mutex by C11's names is held by its thread afterwards,
 * also while a condition is waited for with it. */
#include "claim.h"
#include <pthread.h>
#include <threads.h>

static mtx_t held, waited;
static cnd_t c;
static volatile int stands, go, came;

static int wait_for_it(void *arg)
{
    (void)arg;
    CHECK(mtx_lock(&waited) == thrd_success);
    stands = 1;
    while (!go)
        CHECK(cnd_wait(&c, &waited) == thrd_success);
    CHECK(mtx_lock(&waited) == thrd_success); /* once more, by its owner */
    CHECK(mtx_unlock(&waited) == thrd_success);
    CHECK(mtx_unlock(&waited) == thrd_success);
    came = 1;
    return 0;
}

static int try_it(void *arg)
{
    (void)arg;
    return mtx_trylock(&held) == thrd_busy;
}

int main(void)
{
    thrd_t w, t;
    int busy;

    CHECK(mtx_init(&held, mtx_plain | mtx_recursive) == thrd_success);
    CHECK(mtx_init(&waited, mtx_plain | mtx_recursive) == thrd_success);
    CHECK(cnd_init(&c) == thrd_success);
    CHECK(mtx_lock(&held) == thrd_success);
    CHECK(thrd_create(&w, wait_for_it, NULL) == thrd_success);
    UNTIL(stands);
    claim_ready();
    claim_wait();
    CHECK(mtx_trylock(&held) == thrd_success);
    CHECK(mtx_unlock(&held) == thrd_success);
    BREAK(mtx_unlock(&held));
    CHECK(thrd_create(&t, try_it, NULL) == thrd_success);
    CHECK(thrd_join(t, &busy) == thrd_success);
    CHECK_EQ(busy, 1);
    CHECK(mtx_unlock(&held) == thrd_success);
    CHECK(thrd_create(&t, try_it, NULL) == thrd_success);
    CHECK(thrd_join(t, &busy) == thrd_success);
    CHECK_EQ(busy, 0);
    CHECK(mtx_lock(&waited) == thrd_success);
    go = 1;
    CHECK(mtx_unlock(&waited) == thrd_success);
    CHECK(cnd_signal(&c) == thrd_success);
    CHECK(thrd_join(w, NULL) == thrd_success);
    CHECK_EQ(came, 1);
    claim_pass();
}
