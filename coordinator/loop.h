/*
 * loop.h - the one event loop: descriptors, timers, and what is to be done
 * when all events of a round have been handled (freeing, above all: nothing
 * that an event of the same round may still point at is freed earlier).
 * Callbacks must not block. Times: milliseconds of the monotonic clock.
 */
#ifndef CKPT_COORDINATOR_LOOP_H
#define CKPT_COORDINATOR_LOOP_H

#include <stdint.h>
#include <sys/epoll.h>

struct ck_watch {
    int fd;
    void (*fn)(void *arg, uint32_t events);
    void *arg;
};

struct ck_timer {
    int64_t at; /* 0: not armed */
    void (*fn)(void *arg);
    void *arg;
    struct ck_timer *next;
    int listed;
};

struct ck_deferred {
    void (*fn)(void *arg);
    void *arg;
    struct ck_deferred *next;
};

struct ck_loop {
    int epfd;
    int stop;
    struct ck_timer *timers;
    struct ck_deferred *deferred;
};

int64_t ck_now(void); /* ms */

int ck_loop_init(struct ck_loop *l);
void ck_loop_fini(struct ck_loop *l);

/* w->fd, fn and arg are set; w stays where it is until it is removed. */
int ck_loop_add(struct ck_loop *l, struct ck_watch *w, uint32_t events);
int ck_loop_change(struct ck_loop *l, struct ck_watch *w, uint32_t events);
void ck_loop_remove(struct ck_loop *l, struct ck_watch *w);

/* t->fn and arg are set. at: absolute; arming again moves it. */
void ck_loop_arm(struct ck_loop *l, struct ck_timer *t, int64_t at);
void ck_loop_disarm(struct ck_loop *l, struct ck_timer *t);

/* fn(arg) after this round; d belongs to the caller until then. */
void ck_loop_defer(struct ck_loop *l, struct ck_deferred *d);

/* Until ck_loop_stop. each: after every round (may be NULL). */
int ck_loop_run(struct ck_loop *l, void (*each)(void *arg), void *arg);
void ck_loop_stop(struct ck_loop *l);

#endif
