/* m_sync.c - what processes wait by in shared memory: conditions, barriers,
 * locks of readers and writers, mutexes of C11. Three take part. */
#include "torture.h"

#include <pthread.h>
#include <threads.h>

#define N 3
#define WORDS 200

struct shared {
    pthread_barrier_t barrier;
    pthread_mutex_t lock;
    pthread_cond_t cond;
    pthread_rwlock_t rw;
    volatile unsigned turn, word[WORDS];
};

static void setup(struct inst *t)
{
    struct shared *s = t->mem;
    pthread_barrierattr_t b;
    pthread_mutexattr_t m;
    pthread_condattr_t c;
    pthread_rwlockattr_t rw;

    pthread_barrierattr_init(&b);
    pthread_barrierattr_setpshared(&b, PTHREAD_PROCESS_SHARED);
    pthread_mutexattr_init(&m);
    pthread_mutexattr_setpshared(&m, PTHREAD_PROCESS_SHARED);
    pthread_condattr_init(&c);
    pthread_condattr_setpshared(&c, PTHREAD_PROCESS_SHARED);
    pthread_condattr_setclock(&c, CLOCK_MONOTONIC);
    pthread_rwlockattr_init(&rw);
    pthread_rwlockattr_setpshared(&rw, PTHREAD_PROCESS_SHARED);
    NEED(t, pthread_barrier_init(&s->barrier, &b, N) == 0);
    NEED(t, pthread_mutex_init(&s->lock, &m) == 0 && pthread_cond_init(&s->cond, &c) == 0);
    NEED(t, pthread_rwlock_init(&s->rw, &rw) == 0);
}

/* Each in its turn. */
static void by_condition(struct inst *t, struct shared *s, unsigned part)
{
    SAME(t, pthread_mutex_lock(&s->lock), 0);
    while (s->turn % N != part)
        SAME(t, pthread_cond_wait(&s->cond, &s->lock), 0);
    s->turn++;
    SAME(t, pthread_cond_broadcast(&s->cond), 0);
    SAME(t, pthread_mutex_unlock(&s->lock), 0);
}

static void by_rwlock(struct inst *t, struct shared *s, struct rng *r)
{
    if (rnd(r, 3)) {
        SAME(t, pthread_rwlock_rdlock(&s->rw), 0);
        for (int i = 1; i < WORDS; i++)
            NEED(t, s->word[i] == s->word[0]);
        nap(t, r);
    } else {
        unsigned v = rnd(r, 1u << 30);

        SAME(t, pthread_rwlock_wrlock(&s->rw), 0);
        for (int i = 0; i < WORDS; i++) {
            s->word[i] = v;
            if (i == WORDS / 2)
                nap(t, r);
        }
    }
    SAME(t, pthread_rwlock_unlock(&s->rw), 0);
}

static void run(struct inst *t, int part)
{
    struct rng r = rng_of(t, part);
    struct shared *s = t->mem;
    mtx_t own;
    int b;

    NEED(t, mtx_init(&own, mtx_recursive | mtx_timed) == thrd_success);
    for (;;) {
        SAME(t, mtx_lock(&own), thrd_success);
        by_condition(t, s, (unsigned)part);
        SAME(t, mtx_trylock(&own), thrd_success);
        by_rwlock(t, s, &r);
        if (damage(t, part))
            s->word[7]++;
        SAME(t, mtx_unlock(&own), thrd_success);
        b = pthread_barrier_wait(&s->barrier);
        NEED(t, b == 0 || b == PTHREAD_BARRIER_SERIAL_THREAD);
        SAME(t, mtx_unlock(&own), thrd_success);
        beat(t, part);
        if (rnd(&r, 3) == 0)
            nap(t, &r);
    }
}

const struct module module_sync = {.name = "sync", .parts = N, .size = sizeof(struct shared),
                                   .setup = setup, .run = run};
