/* m_waits.c - calls that wait for a limited time for what never comes: each
 * ends with its time, neither early nor with EINTR. */
#include "torture.h"

#include <mqueue.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <sys/epoll.h>
#include <sys/ipc.h>
#include <sys/select.h>
#include <sys/sem.h>
#include <time.h>

struct idle {
    int tube[2], epoll, sem;
    sem_t posix;
    pthread_mutex_t lock;
    pthread_cond_t cond;
};

static struct timespec in_us(long us, clockid_t clock)
{
    struct timespec ts;

    clock_gettime(clock, &ts);
    ts.tv_nsec += us * 1000;
    ts.tv_sec += ts.tv_nsec / 1000000000;
    ts.tv_nsec %= 1000000000;
    return ts;
}

static void timed_out(struct inst *t, int got)
{
    int e = errno;

    if (got != -1 || (e != ETIMEDOUT && e != EAGAIN))
        fault(t, __FILE__, __LINE__, "a wait gave %d (%s)", got, strerror(e));
}

static void wait_once(struct inst *t, struct idle *i, int how, long us)
{
    struct timespec rel = {us / 1000000, us % 1000000 * 1000}, abs;
    struct pollfd p = {.fd = i->tube[0], .events = POLLIN};
    struct sembuf op = {0, -1, 0};
    struct epoll_event e;
    struct timeval tv = {us / 1000000, us % 1000000};
    sigset_t none;
    fd_set set;

    sigemptyset(&none);
    sigaddset(&none, SIGRTMIN + 9);
    FD_ZERO(&set);
    FD_SET(i->tube[0], &set);
    switch (how) {
    case 0: SAME(t, nanosleep(&rel, NULL), 0); break;
    case 1: SAME(t, poll(&p, 1, (int)(us / 1000)), 0); break;
    case 2: SAME(t, ppoll(&p, 1, &rel, NULL), 0); break;
    case 3: SAME(t, select(i->tube[0] + 1, &set, NULL, NULL, &tv), 0); break;
    case 4: SAME(t, epoll_wait(i->epoll, &e, 1, (int)(us / 1000)), 0); break;
    case 5: timed_out(t, semtimedop(i->sem, &op, 1, &rel)); break;
    case 6: timed_out(t, sigtimedwait(&none, NULL, &rel)); break;
    case 7:
        abs = in_us(us, CLOCK_REALTIME);
        timed_out(t, sem_timedwait(&i->posix, &abs));
        break;
    case 8:
        abs = in_us(us, CLOCK_REALTIME);
        SAME(t, pthread_mutex_lock(&i->lock), 0);
        SAME(t, pthread_cond_timedwait(&i->cond, &i->lock, &abs), ETIMEDOUT);
        SAME(t, pthread_mutex_unlock(&i->lock), 0);
        break;
    default:
        abs = in_us(us, CLOCK_MONOTONIC);
        SAME(t, clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &abs, NULL), 0);
    }
}

static void setup(struct inst *t)
{
    t->val[0] = semget(IPC_PRIVATE, 1, 0600);
    NEED(t, t->val[0] >= 0 && pipe(t->fd) == 0);
}

static void run(struct inst *t, int part)
{
    struct rng r = rng_of(t, part);
    struct epoll_event e = {.events = EPOLLIN};
    struct idle *i = calloc(1, sizeof *i);
    long long before;

    NEED(t, i);
    memcpy(i->tube, t->fd, sizeof i->tube);
    i->sem = (int)t->val[0];
    sem_init(&i->posix, 0, 0);
    pthread_mutex_init(&i->lock, NULL);
    pthread_cond_init(&i->cond, NULL);
    NEED(t, (i->epoll = epoll_create1(0)) >= 0);
    NEED(t, epoll_ctl(i->epoll, EPOLL_CTL_ADD, i->tube[0], &e) == 0);
    for (;;) {
        int how = (int)rnd(&r, 10);
        long us = 1000 * (1 + (long)rnd(&r, rnd(&r, 5) ? 20 : 400));

        if (damage(t, part)) {
            put(t, i->tube[1], "x", 1);
            how = 1;
        }
        before = now_us();
        wait_once(t, i, how, us);
        /* the clock of the day and the monotonic one differ a little */
        if (now_us() - before < us - 2000)
            fault(t, __FILE__, __LINE__, "wait %d of %ld us took %lld", how, us,
                  now_us() - before);
        beat(t, part);
    }
}

const struct module module_waits = {.name = "waits", .parts = 2, .setup = setup, .run = run};
