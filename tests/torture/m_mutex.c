/* m_mutex.c - mutexes of every type, in a tight loop, shared by the parts:
 * who has one is alone, and each type answers its owner as it should. */
#include "torture.h"

#include <pthread.h>

struct shared {
    pthread_mutex_t lock;
    volatile unsigned long first, second;
};

enum { TYPE, ROBUST, PRIO };

static void setup(struct inst *t)
{
    static const int types[] = {PTHREAD_MUTEX_NORMAL, PTHREAD_MUTEX_RECURSIVE,
                                PTHREAD_MUTEX_ERRORCHECK, PTHREAD_MUTEX_RECURSIVE};
    struct rng r = rng_of(t, 9);
    struct shared *s = t->mem;
    pthread_mutexattr_t a;

    t->val[TYPE] = types[rnd(&r, 4)];
    t->val[ROBUST] = rnd(&r, 3) == 0;
    t->val[PRIO] = rnd(&r, 4) == 0;
    pthread_mutexattr_init(&a);
    pthread_mutexattr_setpshared(&a, PTHREAD_PROCESS_SHARED);
    pthread_mutexattr_settype(&a, (int)t->val[TYPE]);
    if (t->val[ROBUST])
        pthread_mutexattr_setrobust(&a, PTHREAD_MUTEX_ROBUST);
    if (t->val[PRIO])
        pthread_mutexattr_setprotocol(&a, PTHREAD_PRIO_INHERIT);
    SAME(t, pthread_mutex_init(&s->lock, &a), 0);
}

/* Locking again what one has. */
static void again(struct inst *t, pthread_mutex_t *m)
{
    if (t->val[TYPE] == PTHREAD_MUTEX_RECURSIVE) {
        SAME(t, pthread_mutex_lock(m), 0);
        SAME(t, pthread_mutex_trylock(m), 0);
        SAME(t, pthread_mutex_unlock(m), 0);
        SAME(t, pthread_mutex_unlock(m), 0);
    } else if (t->val[TYPE] == PTHREAD_MUTEX_ERRORCHECK) {
        SAME(t, pthread_mutex_lock(m), EDEADLK);
    } else if (!t->val[ROBUST]) {
        SAME(t, pthread_mutex_trylock(m), EBUSY);
    }
}

static void run(struct inst *t, int part)
{
    struct rng r = rng_of(t, part);
    struct shared *s = t->mem;
    int got;

    for (;;) {
        for (int i = 0; i < 3000; i++) {
            got = rnd(&r, 2) ? pthread_mutex_trylock(&s->lock)
                             : pthread_mutex_lock(&s->lock);
            if (got == EBUSY)
                continue;
            SAME(t, got, 0);
            s->first++;
            again(t, &s->lock);
            if (damage(t, part))
                s->first++;
            s->second++;
            NEED(t, s->first == s->second);
            SAME(t, pthread_mutex_unlock(&s->lock), 0);
        }
        if (t->val[TYPE] == PTHREAD_MUTEX_ERRORCHECK)
            SAME(t, pthread_mutex_unlock(&s->lock), EPERM);
        beat(t, part);
    }
}

const struct module module_mutex = {.name = "mutex", .parts = 2,
                                    .size = sizeof(struct shared),
                                    .setup = setup, .run = run};
