/* loop.c - see loop.h. The timers are few: an unordered list will do. */
#include "coordinator/loop.h"

#include <errno.h>
#include <stddef.h>
#include <time.h>
#include <unistd.h>

#define ROUND 64 /* events handled before timers are looked at again */

int64_t ck_now(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

int ck_loop_init(struct ck_loop *l)
{
    *l = (struct ck_loop){.epfd = epoll_create1(EPOLL_CLOEXEC)};
    return l->epfd < 0 ? -errno : 0;
}

void ck_loop_fini(struct ck_loop *l)
{
    if (l->epfd >= 0)
        close(l->epfd);
    l->epfd = -1;
}

static int control(struct ck_loop *l, int op, struct ck_watch *w,
                   uint32_t events)
{
    struct epoll_event ev = {.events = events, .data.ptr = w};

    return epoll_ctl(l->epfd, op, w->fd, &ev) < 0 ? -errno : 0;
}

int ck_loop_add(struct ck_loop *l, struct ck_watch *w, uint32_t events)
{
    return control(l, EPOLL_CTL_ADD, w, events);
}

int ck_loop_change(struct ck_loop *l, struct ck_watch *w, uint32_t events)
{
    return control(l, EPOLL_CTL_MOD, w, events);
}

void ck_loop_remove(struct ck_loop *l, struct ck_watch *w)
{
    control(l, EPOLL_CTL_DEL, w, 0);
}

void ck_loop_arm(struct ck_loop *l, struct ck_timer *t, int64_t at)
{
    t->at = at > 0 ? at : 1;
    if (!t->listed) {
        t->listed = 1;
        t->next = l->timers;
        l->timers = t;
    }
}

void ck_loop_disarm(struct ck_loop *l, struct ck_timer *t)
{
    t->at = 0;
    for (struct ck_timer **p = &l->timers; *p; p = &(*p)->next) {
        if (*p == t) {
            *p = t->next;
            t->listed = 0;
            return;
        }
    }
}

void ck_loop_defer(struct ck_loop *l, struct ck_deferred *d)
{
    d->next = l->deferred;
    l->deferred = d;
}

static int timeout(const struct ck_loop *l)
{
    int64_t first = 0, now;

    if (l->deferred)
        return 0;
    for (struct ck_timer *t = l->timers; t; t = t->next)
        if (t->at && (!first || t->at < first))
            first = t->at;
    if (!first)
        return -1;
    now = ck_now();
    if (first <= now)
        return 0;
    return first - now > 3600000 ? 3600000 : (int)(first - now);
}

/* A callback may arm and disarm any timer: begin anew after each. One that
 * is armed in the past again and again must not keep the descriptors out. */
static void run_timers(struct ck_loop *l)
{
    int64_t now = ck_now();
    struct ck_timer *t;
    int left = ROUND;

    do {
        for (t = l->timers; t; t = t->next)
            if (t->at && t->at <= now)
                break;
        if (t) {
            ck_loop_disarm(l, t);
            t->fn(t->arg);
        }
    } while (t && !l->stop && --left);
}

static void run_deferred(struct ck_loop *l)
{
    while (l->deferred) {
        struct ck_deferred *d = l->deferred;

        l->deferred = d->next;
        d->fn(d->arg);
    }
}

int ck_loop_run(struct ck_loop *l, void (*each)(void *arg), void *arg)
{
    struct epoll_event ev[ROUND];

    l->stop = 0;
    while (!l->stop) {
        int n = epoll_wait(l->epfd, ev, ROUND, timeout(l));

        if (n < 0 && errno != EINTR)
            return -errno;
        for (int i = 0; i < n && !l->stop; i++) {
            struct ck_watch *w = ev[i].data.ptr;

            if (w->fd >= 0)
                w->fn(w->arg, ev[i].events);
        }
        run_timers(l);
        if (each)
            each(arg);
        run_deferred(l);
    }
    return 0;
}

void ck_loop_stop(struct ck_loop *l)
{
    l->stop = 1;
}
