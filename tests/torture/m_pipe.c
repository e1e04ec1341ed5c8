/* m_pipe.c - pipes, anonymous and named: every byte arrives once, in its
 * order, and a write that blocks takes all of it. */
#include "torture.h"

#include <sys/stat.h>

static void setup(struct inst *t)
{
    if (t->seed % 2) {
        NEED(t, pipe(t->fd) == 0);
        if (t->seed % 3 == 0)
            NEED(t, fcntl(t->fd[1], F_SETPIPE_SZ, 4096) > 0);
        return;
    }
    NEED(t, mkfifo(own_path(t, "fifo"), 0600) == 0);
    t->fd[0] = open(own_path(t, "fifo"), O_RDONLY | O_NONBLOCK);
    t->fd[1] = open(own_path(t, "fifo"), O_WRONLY);
    NEED(t, t->fd[0] >= 0 && t->fd[1] >= 0);
    NEED(t, fcntl(t->fd[0], F_SETFL, 0) == 0);
}

static void run(struct inst *t, int part)
{
    static __thread unsigned char buf[150000];
    struct rng r = rng_of(t, part);
    size_t at = 0, n;

    for (;; at += n) {
        n = 1 + rnd(&r, rnd(&r, 4) ? 3000 : sizeof buf);
        if (part == 0) {
            paint(buf, n, t->seed, at);
            if (damage(t, part))
                buf[n / 2] ^= 1;
            put(t, t->fd[1], buf, n);
        } else {
            get(t, t->fd[0], buf, n);
            NEED(t, painted(buf, n, t->seed, at));
        }
        beat(t, part);
        if (rnd(&r, 3) == 0)
            nap(t, &r);
    }
}

const struct module module_pipe = {.name = "pipe", .parts = 2, .setup = setup, .run = run};
