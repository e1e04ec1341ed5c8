/* m_events.c - eventfd, timerfd and an epoll set that watches them: counts
 * are exact, a timer is never early, and the set tells what there is. */
#include "torture.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>

#define PERIOD 7000 /* microseconds */

static void setup(struct inst *t)
{
    NEED(t, (t->fd[0] = eventfd(0, 0)) >= 0);
    NEED(t, (t->fd[1] = eventfd(0, EFD_SEMAPHORE)) >= 0);
    NEED(t, (t->fd[2] = eventfd(0, EFD_NONBLOCK)) >= 0); /* answers */
}

static void speak(struct inst *t)
{
    struct rng r = rng_of(t, 0);
    struct timespec ts = {0, 300000};
    uint64_t sum = 0, v;

    for (;; beat(t, 0)) {
        sum += v = 1 + rnd(&r, 5);
        put(t, t->fd[1], &v, sizeof v);
        put(t, t->fd[0], &v, sizeof v);
        if (damage(t, 0))
            v++;
        for (uint64_t got = 0; got == 0; nanosleep(&ts, NULL))
            if (read(t->fd[2], &got, sizeof got) == sizeof got)
                SAME(t, got, v);
        nap(t, &r);
    }
}

static void listen_all(struct inst *t)
{
    struct itimerspec every = {{0, PERIOD * 1000}, {0, PERIOD * 1000}};
    struct epoll_event e, got[4];
    long long began = now_us();
    uint64_t v, ticks = 0, units = 0, sum = 0;
    int set = epoll_create1(0), timer = timerfd_create(CLOCK_MONOTONIC, 0), n;
    int from[3] = {t->fd[0], t->fd[1], timer};

    NEED(t, set >= 0 && timer >= 0);
    NEED(t, timerfd_settime(timer, 0, &every, NULL) == 0);
    for (int i = 0; i < 3; i++) {
        e = (struct epoll_event){.events = EPOLLIN, .data.u32 = (uint32_t)i};
        NEED(t, epoll_ctl(set, EPOLL_CTL_ADD, from[i], &e) == 0);
    }
    for (;; beat(t, 1)) {
        n = epoll_wait(set, got, 4, 20000);
        NEED(t, n > 0);
        for (int i = 0; i < n; i++) {
            uint32_t who = got[i].data.u32;

            NEED(t, who < 3 && got[i].events == EPOLLIN);
            get(t, from[who], &v, sizeof v);
            if (who == 2) {
                ticks += v;
                NEED(t, (long long)(ticks - 1) * PERIOD <= now_us() - began);
            } else if (who == 1) {
                SAME(t, v, 1);
                units++;
            } else {
                sum += v;
                put(t, t->fd[2], &v, sizeof v);
            }
        }
        NEED(t, units <= sum + 5);
    }
}

static void run(struct inst *t, int part)
{
    part ? listen_all(t) : speak(t);
}

const struct module module_events = {.name = "events", .parts = 2, .setup = setup, .run = run};
