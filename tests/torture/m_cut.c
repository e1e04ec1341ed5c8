/* m_cut.c - a blocking transfer that a signal's handler ends when a part has
 * gone over: it returns what it has transferred, no more and no less; or it
 * goes on to its end when nobody disturbs it. */
#include "torture.h"

#include <pthread.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#define N 400000
#define SIG SIGUSR1

struct cut {
    struct inst *t;
    struct rng r;
    pthread_t first;
    int from; /* where it is to be read */
    int cuts; /* or is drained by the helper */
    unsigned seed;
    volatile int over;
};

static void on_signal(int sig)
{
    (void)sig;
}

/* How much is there to be read, when that is no more than a moment before? */
static int halfway(const struct cut *c)
{
    int n = 0;

    NEED(c->t, ioctl(c->from, FIONREAD, &n) == 0);
    return n;
}

static void drain(struct inst *t, int fd, size_t from, size_t n, unsigned seed)
{
    unsigned char buf[8192];

    while (n > 0) {
        ssize_t k = read(fd, buf, n < sizeof buf ? n : sizeof buf);

        NEED(t, k > 0 && painted(buf, (size_t)k, seed, from));
        from += (size_t)k;
        n -= (size_t)k;
    }
}

static void *helper(void *arg)
{
    struct cut *c = arg;
    struct rng r = c->r;

    while (!halfway(c))
        nap(c->t, &r);
    for (unsigned i = rnd(&r, 30); i > 0; i--)
        nap(c->t, &r);
    if (!c->cuts) {
        drain(c->t, c->from, 0, N, c->seed);
        return NULL;
    }
    while (!c->over) { /* the first may come when it does not wait yet */
        pthread_kill(c->first, SIG);
        nap(c->t, &r);
    }
    return NULL;
}

static void one(struct inst *t, struct rng *r, unsigned char *data, int hurt)
{
    struct cut c = {t, *r, pthread_self(), -1, rnd(r, 3) != 0, rnd(r, 1u << 30), 0};
    struct sigaction sa = {.sa_handler = on_signal, .sa_flags = rnd(r, 2) ? SA_RESTART : 0};
    int fd[2], is_pipe = (int)rnd(r, 2), there = 0;
    pthread_t th;
    ssize_t n;

    NEED(t, sigaction(SIG, &sa, NULL) == 0);
    if (is_pipe)
        NEED(t, pipe(fd) == 0);
    else
        NEED(t, socketpair(AF_UNIX, SOCK_STREAM, 0, fd) == 0);
    paint(data, N, c.seed, 0);
    c.from = fd[0];
    SAME(t, pthread_create(&th, NULL, helper, &c), 0);
    n = write(fd[1], data, N);
    c.over = 1;
    if (!c.cuts)
        SAME(t, n, N);
    else
        NEED(t, n > 0 && n < N);
    SAME(t, pthread_join(th, NULL), 0);
    NEED(t, ioctl(fd[0], FIONREAD, &there) == 0);
    if (c.cuts)
        SAME(t, there, n + hurt);
    else
        SAME(t, there, hurt);
    if (c.cuts)
        drain(t, fd[0], 0, (size_t)n, c.seed);
    close(fd[0]);
    close(fd[1]);
}

static void run(struct inst *t, int part)
{
    struct rng r = rng_of(t, part);
    unsigned char *data = malloc(N);
    sigset_t open;

    NEED(t, data);
    for (;;) {
        sigemptyset(&open);
        sigaddset(&open, SIG);
        NEED(t, sigprocmask(SIG_UNBLOCK, &open, NULL) == 0);
        one(t, &r, data, damage(t, part));
        beat(t, part);
    }
}

const struct module module_cut = {.name = "cut", .parts = 1, .solo = 1, .run = run};
