/* m_sem.c - POSIX semaphores, with a name (its file may be gone) and in
 * shared memory: two take turns. */
#include "torture.h"

#include <semaphore.h>

struct shared {
    sem_t sem[2];
    volatile unsigned long turns;
};

static sem_t *named[MAX_INST][2];

static const char *name_of(const struct inst *t, int i)
{
    static __thread char name[60];

    snprintf(name, sizeof name, "/torture-%ld-%d-%d", t->val[0], t->number, i);
    return name;
}

static void setup(struct inst *t)
{
    struct shared *s = t->mem;

    t->val[0] = getpid();
    for (int i = 0; i < 2; i++) {
        if (t->seed % 3 == 0) {
            NEED(t, sem_init(&s->sem[i], 1, i == 0) == 0);
            named[t->number][i] = &s->sem[i];
            continue;
        }
        named[t->number][i] = sem_open(name_of(t, i), O_CREAT | O_EXCL, 0600, i == 0);
        NEED(t, named[t->number][i] != SEM_FAILED);
        if (t->seed % 3 == 1)
            NEED(t, sem_unlink(name_of(t, i)) == 0);
    }
}

/* Who opens it by its name has the same one. */
static void post(struct inst *t, sem_t *sem, int i, int by_name)
{
    if (!by_name) {
        SAME(t, sem_post(sem), 0);
        return;
    }
    sem = sem_open(name_of(t, i), 0);
    NEED(t, sem != SEM_FAILED);
    SAME(t, sem_post(sem), 0);
    NEED(t, sem_close(sem) == 0);
}

static void run(struct inst *t, int part)
{
    struct rng r = rng_of(t, part);
    struct shared *s = t->mem;
    sem_t **sem = named[t->number];

    for (unsigned long n = 0;; n++) {
        SAME(t, sem_wait(sem[part]), 0);
        SAME(t, s->turns, 2 * n + (unsigned)part);
        s->turns++;
        if (damage(t, part))
            s->turns++;
        post(t, sem[1 - part], 1 - part, t->seed % 3 == 2 && rnd(&r, 4) == 0);
        beat(t, part);
        if (rnd(&r, 4) == 0)
            nap(t, &r);
    }
}

const struct module module_sem = {.name = "sem", .parts = 2,
                                    .size = sizeof(struct shared),
                                    .setup = setup, .run = run};
