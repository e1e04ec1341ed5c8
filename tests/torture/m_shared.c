/* m_shared.c - memory that processes share, anonymous: both parts paint and
 * check it in turn, under a lock that both have. */
#include "torture.h"

#include <pthread.h>

struct shared {
    pthread_mutex_t lock;
    unsigned seed, rounds;
    unsigned char data[200000];
};

static void setup(struct inst *t)
{
    struct shared *s = t->mem;
    pthread_mutexattr_t a;

    pthread_mutexattr_init(&a);
    pthread_mutexattr_setpshared(&a, PTHREAD_PROCESS_SHARED);
    NEED(t, pthread_mutex_init(&s->lock, &a) == 0);
    s->seed = t->seed;
    paint(s->data, sizeof s->data, s->seed, 0);
}

static void run(struct inst *t, int part)
{
    struct rng r = rng_of(t, part);
    struct shared *s = t->mem;

    for (;;) {
        SAME(t, pthread_mutex_lock(&s->lock), 0);
        if (damage(t, part))
            s->data[777] ^= 1;
        NEED(t, painted(s->data, sizeof s->data, s->seed, 0));
        if (rnd(&r, 3) == 0) {
            s->seed = rnd(&r, 1u << 30);
            paint(s->data, sizeof s->data, s->seed, 0);
        }
        SAME(t, pthread_mutex_unlock(&s->lock), 0);
        beat(t, part);
        nap(t, &r);
    }
}

const struct module module_shared = {.name = "shared", .parts = 2,
                                    .size = sizeof(struct shared),
                                    .setup = setup, .run = run};
