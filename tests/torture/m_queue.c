/* m_queue.c - POSIX message queues: messages arrive once, whole, the more
 * urgent first. */
#include "torture.h"

#include <mqueue.h>

struct message {
    unsigned number, seed;
    unsigned char data[100];
};

static void setup(struct inst *t)
{
    struct mq_attr a = {.mq_maxmsg = 8, .mq_msgsize = sizeof(struct message)};
    char name[80];

    snprintf(name, sizeof name, "/torture-%d-%d", (int)getpid(), t->number);
    t->fd[0] = mq_open(name, O_RDWR | O_CREAT | O_EXCL, 0600, &a);
    NEED(t, t->fd[0] >= 0 && mq_unlink(name) == 0);
}

static void run(struct inst *t, int part)
{
    struct rng r = rng_of(t, part);
    struct message m;
    unsigned prio, next[2] = {0, 0};

    for (unsigned n = 0;; n++) {
        if (part == 0) {
            prio = rnd(&r, 2);
            m = (struct message){next[prio]++, n, {0}};
            paint(m.data, sizeof m.data, n, 0);
            if (damage(t, part))
                m.number++;
            SAME(t, mq_send(t->fd[0], (char *)&m, sizeof m, prio), 0);
        } else {
            SAME(t, mq_receive(t->fd[0], (char *)&m, sizeof m, &prio), sizeof m);
            NEED(t, prio < 2);
            SAME(t, m.number, next[prio]);
            next[prio]++;
            NEED(t, painted(m.data, sizeof m.data, m.seed, 0));
        }
        beat(t, part);
        if (rnd(&r, 3) == 0)
            nap(t, &r);
    }
}

const struct module module_queue = {.name = "queue", .parts = 2, .setup = setup, .run = run};
