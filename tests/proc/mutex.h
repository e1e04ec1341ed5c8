/*
 * mutex.h - the claim about held mutexes, for each type of mutex.
 *
 * A thread holds the mutex over the checkpoint, a second one waits for it.
 * Afterwards the owner is still the owner (what relocking gives depends on
 * the type), an other thread is kept out until it is unlocked, then the
 * waiter has it.
 */
#ifndef CKPT_TESTS_MUTEX_H
#define CKPT_TESTS_MUTEX_H

#include "claim.h"
#include <pthread.h>

struct mutex_kind {
    int type, robust, protocol;
    int relock; /* what locking it again by the owner gives; -1: don't try */
    int count;  /* how often the owner locks it */
};

static pthread_mutex_t *mutex_m;
static const struct mutex_kind *mutex_k;
static volatile int mutex_held, mutex_go, mutex_about, mutex_waited;

static void *mutex_owner(void *arg)
{
    (void)arg;
    for (int i = 0; i < mutex_k->count; i++)
        CHECK(pthread_mutex_lock(mutex_m) == 0);
    mutex_held = 1;
    UNTIL(mutex_go);
    if (mutex_k->relock >= 0) {
        CHECK_EQ(pthread_mutex_lock(mutex_m), mutex_k->relock);
        if (mutex_k->relock == 0)
            CHECK(pthread_mutex_unlock(mutex_m) == 0);
    }
    CHECK_EQ(mutex_waited, 0);
    for (int i = 0; i < mutex_k->count; i++)
        CHECK(pthread_mutex_unlock(mutex_m) == 0);
    return NULL;
}

static void *mutex_waiter(void *arg)
{
    (void)arg;
    mutex_about = 1;
    CHECK(pthread_mutex_lock(mutex_m) == 0);
    mutex_waited = 1;
    CHECK(pthread_mutex_unlock(mutex_m) == 0);
    return NULL;
}

static inline void mutex_claim(const struct mutex_kind *k)
{
    pthread_mutexattr_t a;
    pthread_t o, w;

    mutex_k = k;
    mutex_m = malloc(sizeof *mutex_m);
    pthread_mutexattr_init(&a);
    CHECK(pthread_mutexattr_settype(&a, k->type) == 0);
    if (k->robust)
        pthread_mutexattr_setrobust(&a, PTHREAD_MUTEX_ROBUST);
    CHECK(pthread_mutexattr_setprotocol(&a, k->protocol) == 0);
    CHECK(pthread_mutex_init(mutex_m, &a) == 0);
    CHECK(pthread_create(&o, NULL, mutex_owner, NULL) == 0);
    UNTIL(mutex_held);
    CHECK(pthread_create(&w, NULL, mutex_waiter, NULL) == 0);
    UNTIL(mutex_about);
    claim_ready();
    claim_wait();
    BREAK(mutex_waited = 1);
    CHECK_EQ(mutex_waited, 0);
    CHECK_EQ(pthread_mutex_trylock(mutex_m), EBUSY);
    if (k->type == PTHREAD_MUTEX_ERRORCHECK)
        CHECK_EQ(pthread_mutex_unlock(mutex_m), EPERM);
    mutex_go = 1;
    CHECK(pthread_join(o, NULL) == 0 && pthread_join(w, NULL) == 0);
    CHECK_EQ(mutex_waited, 1);
    CHECK(pthread_mutex_lock(mutex_m) == 0);
    CHECK(pthread_mutex_unlock(mutex_m) == 0);
    CHECK(pthread_mutex_destroy(mutex_m) == 0);
    claim_pass();
}

#endif
