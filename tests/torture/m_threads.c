/* m_threads.c - threads that come and go: what they return, thread-local
 * memory, conditions, barriers, readers and writers, cancellation. */
#include "torture.h"

#include <pthread.h>

#define N 4

struct crew {
    struct inst *t;
    pthread_barrier_t barrier;
    pthread_mutex_t lock;
    pthread_cond_t cond;
    pthread_rwlock_t rw;
    unsigned round, sum, data[50];
    int arrived;
};

struct member {
    struct crew *c;
    unsigned n;
};

static __thread unsigned own[100];

static void share(struct crew *c, unsigned n, struct rng *r)
{
    SAME(c->t, pthread_rwlock_rdlock(&c->rw), 0);
    for (int i = 1; i < 50; i++)
        NEED(c->t, c->data[i] == c->data[0]);
    SAME(c->t, pthread_rwlock_unlock(&c->rw), 0);
    if (rnd(r, 3))
        return;
    SAME(c->t, pthread_rwlock_wrlock(&c->rw), 0);
    for (int i = 0; i < 50; i++)
        c->data[i] = n + c->round;
    SAME(c->t, pthread_rwlock_unlock(&c->rw), 0);
}

static void *member(void *arg)
{
    struct member *m = arg;
    struct crew *c = m->c;
    struct rng r = {m->n + c->round};
    pid_t tid = gettid();

    for (int i = 0; i < 100; i++)
        own[i] = m->n + (unsigned)i;
    for (int i = 0; i < 3; i++) {
        int b = pthread_barrier_wait(&c->barrier);

        NEED(c->t, b == 0 || b == PTHREAD_BARRIER_SERIAL_THREAD);
        share(c, m->n, &r);
        nap(c->t, &r);
    }
    SAME(c->t, pthread_mutex_lock(&c->lock), 0);
    c->sum += m->n;
    if (++c->arrived == N)
        pthread_cond_broadcast(&c->cond);
    while (c->arrived < N)
        SAME(c->t, pthread_cond_wait(&c->cond, &c->lock), 0);
    SAME(c->t, pthread_mutex_unlock(&c->lock), 0);
    for (int i = 0; i < 100; i++)
        NEED(c->t, own[i] == m->n + (unsigned)i);
    NEED(c->t, tgkill(getpid(), gettid(), 0) == 0);
    return (void *)(uintptr_t)(tid == gettid() ? m->n : 0);
}

static void *sleeper(void *arg)
{
    for (;;)
        pause();
    return arg;
}

static void crew(struct inst *t, struct crew *c, unsigned round, int hurt)
{
    pthread_t th[N], sl;
    struct member m[N];
    void *got;

    c->round = round;
    c->arrived = 0;
    c->sum = (unsigned)hurt;
    SAME(t, pthread_create(&sl, NULL, sleeper, NULL), 0);
    for (unsigned i = 0; i < N; i++) {
        m[i] = (struct member){c, i + 1};
        SAME(t, pthread_create(&th[i], NULL, member, &m[i]), 0);
    }
    for (unsigned i = 0; i < N; i++) {
        SAME(t, pthread_join(th[i], &got), 0);
        NEED(t, got == (void *)(uintptr_t)(i + 1));
    }
    SAME(t, c->sum, N * (N + 1) / 2);
    SAME(t, pthread_cancel(sl), 0);
    SAME(t, pthread_join(sl, &got), 0);
    NEED(t, got == PTHREAD_CANCELED);
}

static void run(struct inst *t, int part)
{
    struct crew *c = calloc(1, sizeof *c);

    NEED(t, c);
    c->t = t;
    pthread_barrier_init(&c->barrier, NULL, N);
    pthread_mutex_init(&c->lock, NULL);
    pthread_cond_init(&c->cond, NULL);
    pthread_rwlock_init(&c->rw, NULL);
    for (unsigned round = 0;; round++) {
        crew(t, c, round, damage(t, part));
        beat(t, part);
    }
}

const struct module module_threads = {.name = "threads", .parts = 1, .run = run};
