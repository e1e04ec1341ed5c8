/* m_watch.c - epoll sets that watch in every way: by level, by edge, once,
 * under a number that is closed, through another set, what can be written.
 * What is there is told; what was fired or is not there is not. */
#include "torture.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>

enum { LEVEL, EDGE, ONCE, FIRED, CLOSED, INNER, QUIET, KINDS };

struct watch {
    int set, inner, fd[KINDS];
    uint64_t tag[KINDS];
};

static void add(struct inst *t, int set, int fd, uint32_t how, uint64_t tag)
{
    struct epoll_event e = {.events = how, .data.u64 = tag};

    NEED(t, epoll_ctl(set, EPOLL_CTL_ADD, fd, &e) == 0);
}

static void make(struct inst *t, struct watch *w, struct rng *r)
{
    static const uint32_t how[KINDS] = {
        [LEVEL] = EPOLLIN, [EDGE] = EPOLLIN | EPOLLET, [ONCE] = EPOLLIN | EPOLLONESHOT,
        [FIRED] = EPOLLIN | EPOLLONESHOT, [CLOSED] = EPOLLIN, [INNER] = EPOLLIN,
        [QUIET] = EPOLLIN | EPOLLEXCLUSIVE,
    };

    NEED(t, (w->set = epoll_create1(0)) >= 0 && (w->inner = epoll_create1(EPOLL_CLOEXEC)) >= 0);
    for (int i = 0; i < KINDS; i++) {
        NEED(t, (w->fd[i] = eventfd(0, EFD_NONBLOCK)) >= 0);
        w->tag[i] = ((uint64_t)rnd(r, 1u << 30) << 8) + (unsigned)i;
        if (i == CLOSED) { /* the set has it under a number that is free again */
            int gone = fcntl(w->fd[i], F_DUPFD, 200 + (int)rnd(r, 500));

            add(t, w->set, gone, how[i], w->tag[i]);
            close(gone);
        } else {
            add(t, i == INNER ? w->inner : w->set, w->fd[i], how[i], w->tag[i]);
        }
    }
    add(t, w->set, w->inner, EPOLLIN, 77);
}

static void ring(struct inst *t, int fd)
{
    uint64_t one = 1;

    put(t, fd, &one, sizeof one);
}

static void quiet(struct inst *t, int fd)
{
    uint64_t v;

    get(t, fd, &v, sizeof v);
    SAME(t, v, 1);
}

/* Nothing else but what is expected is told, and that within a time. */
static void expect(struct inst *t, const struct watch *w, uint64_t tag)
{
    struct epoll_event e[KINDS + 1];
    int n = epoll_wait(w->set, e, KINDS + 1, 20000);

    if (n != 1 || e[0].data.u64 != tag || e[0].events != EPOLLIN)
        fault(t, __FILE__, __LINE__, "told of %d, first %llx with events %x; wanted %llx",
              n, (unsigned long long)e[0].data.u64, e[0].events, (unsigned long long)tag);
}

/* An edge may be told once more after a restart. */
static void nothing(struct inst *t, const struct watch *w, uint64_t but)
{
    struct epoll_event e[KINDS + 1];
    int n = epoll_wait(w->set, e, KINDS + 1, 0);

    if (n > 1 || (n == 1 && e[0].data.u64 != but))
        fault(t, __FILE__, __LINE__, "told of %d, first %llx", n,
              (unsigned long long)e[0].data.u64);
}

static void turn(struct inst *t, struct watch *w, struct rng *r, int i)
{
    struct epoll_event e;

    ring(t, w->fd[i]);
    nap(t, r);
    switch (i) {
    case EDGE:
        expect(t, w, w->tag[i]);
        nap(t, r);
        nothing(t, w, w->tag[i]);
        break;
    case ONCE:
        expect(t, w, w->tag[i]);
        nap(t, r);
        nothing(t, w, 0);
        e = (struct epoll_event){.events = EPOLLIN | EPOLLONESHOT, .data.u64 = w->tag[i]};
        NEED(t, epoll_ctl(w->set, EPOLL_CTL_MOD, w->fd[i], &e) == 0);
        expect(t, w, w->tag[i]);
        quiet(t, w->fd[i]);
        e.data.u64 = w->tag[i];
        NEED(t, epoll_ctl(w->set, EPOLL_CTL_MOD, w->fd[i], &e) == 0);
        return;
    case INNER:
        expect(t, w, 77);
        NEED(t, epoll_wait(w->inner, &e, 1, 0) == 1 && e.data.u64 == w->tag[i]);
        break;
    case FIRED: /* it was, and is not armed */
        nothing(t, w, 0);
        break;
    default:
        expect(t, w, w->tag[i]);
        nap(t, r);
        expect(t, w, w->tag[i]);
    }
    quiet(t, w->fd[i]);
    nap(t, r);
    nothing(t, w, 0);
}

static void run(struct inst *t, int part)
{
    struct rng r = rng_of(t, part);
    struct watch w;

    make(t, &w, &r);
    ring(t, w.fd[FIRED]);
    expect(t, &w, w.tag[FIRED]);
    quiet(t, w.fd[FIRED]);
    for (;;) {
        if (damage(t, part))
            ring(t, w.fd[LEVEL]);
        turn(t, &w, &r, (int)rnd(&r, KINDS));
        beat(t, part);
    }
}

const struct module module_watch = {.name = "watch", .parts = 1, .run = run};
