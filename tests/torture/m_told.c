/* m_told.c - who is told by a signal: of a message in a queue, of what can be
 * read (O_ASYNC), of a descriptor's owner and its lease. Signals wait, blocked,
 * until they are taken. */
#include "torture.h"

#include <mqueue.h>
#include <sys/socket.h>

#define MESSAGE (SIGRTMIN + 3)
#define READY (SIGRTMIN + 4)

struct told {
    mqd_t queue;
    int pair[2], leased;
    int lease;
};

static void wait_for(struct inst *t, int sig, siginfo_t *si)
{
    sigset_t one;

    sigemptyset(&one);
    sigaddset(&one, sig);
    SAME(t, sigwaitinfo(&one, si), sig);
}

/* Asked, a moment passes, a message comes, a moment passes. */
static void by_message(struct inst *t, struct told *o, struct rng *r)
{
    struct sigevent ev = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = MESSAGE};
    unsigned n = rnd(r, 1u << 30);
    siginfo_t si;
    char c;

    ev.sigev_value.sival_int = (int)n;
    NEED(t, mq_notify(o->queue, &ev) == 0);
    for (unsigned i = rnd(r, 10); i > 0; i--)
        nap(t, r);
    NEED(t, mq_notify(o->queue, &ev) < 0 && errno == EBUSY);
    NEED(t, mq_send(o->queue, "m", 1, 0) == 0);
    nap(t, r);
    wait_for(t, MESSAGE, &si);
    SAME(t, si.si_value.sival_int, n);
    SAME(t, si.si_pid, getpid());
    SAME(t, mq_receive(o->queue, &c, 1, NULL), 1);
}

/* It may be told twice; once is enough. */
static void by_descriptor(struct inst *t, struct told *o, struct rng *r)
{
    struct timespec now = {0, 0};
    sigset_t one;
    siginfo_t si;
    char c;

    put(t, o->pair[1], "r", 1);
    nap(t, r);
    wait_for(t, READY, &si);
    SAME(t, si.si_fd, o->pair[0]);
    get(t, o->pair[0], &c, 1);
    sigemptyset(&one);
    sigaddset(&one, READY);
    while (sigtimedwait(&one, &si, &now) > 0)
        SAME(t, si.si_fd, o->pair[0]);
}

static void look(struct inst *t, const struct told *o)
{
    struct f_owner_ex owner;

    SAME(t, fcntl(o->leased, F_GETLEASE), o->lease);
    SAME(t, fcntl(o->pair[0], F_GETSIG), READY);
    NEED(t, fcntl(o->pair[0], F_GETFL) & O_ASYNC);
    NEED(t, fcntl(o->pair[0], F_GETOWN_EX, &owner) == 0);
    SAME(t, owner.type, F_OWNER_PID);
    SAME(t, owner.pid, getpid());
}

static void make(struct inst *t, struct told *o)
{
    struct mq_attr a = {.mq_maxmsg = 3, .mq_msgsize = 1};
    char name[60];

    snprintf(name, sizeof name, "/told-%d-%d", (int)getpid(), t->number);
    o->queue = mq_open(name, O_RDWR | O_CREAT | O_EXCL, 0600, &a);
    NEED(t, o->queue >= 0 && mq_unlink(name) == 0);
    NEED(t, socketpair(AF_UNIX, SOCK_STREAM, 0, o->pair) == 0);
    NEED(t, fcntl(o->pair[0], F_SETOWN, getpid()) == 0);
    NEED(t, fcntl(o->pair[0], F_SETSIG, READY) == 0);
    NEED(t, fcntl(o->pair[0], F_SETFL, O_ASYNC) == 0);
    close(open(own_path(t, "lease"), O_CREAT | O_WRONLY, 0600));
    NEED(t, (o->leased = open(own_path(t, "lease"), O_RDONLY)) >= 0);
    o->lease = t->seed % 2 ? F_RDLCK : F_WRLCK;
    if (fcntl(o->leased, F_SETLEASE, o->lease) < 0) /* not on every kind of disk */
        o->lease = F_UNLCK;
}

static void run(struct inst *t, int part)
{
    struct rng r = rng_of(t, part);
    struct told o;

    make(t, &o);
    for (;;) {
        if (damage(t, part))
            NEED(t, fcntl(o.pair[0], F_SETSIG, READY + 1) == 0);
        look(t, &o);
        if (rnd(&r, 2))
            by_message(t, &o, &r);
        else
            by_descriptor(t, &o, &r);
        beat(t, part);
    }
}

const struct module module_told = {.name = "told", .parts = 1, .solo = 1, .run = run};
