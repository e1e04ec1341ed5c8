/*
 * late.c - signals that came when this process was parked already.
 *
 * Those that wait are read when its threads stop. Others of the tree run on
 * for a moment and may send more, and its own timers run out: a program that
 * waits for such a signal would wait for ever after a restart. When all are
 * parked, and the timers have been read, nobody can send any more; then the
 * queues of the process and of its threads are looked at once more where there
 * is anything that was not there: by a tracer, which takes nothing out. So are
 * those of a process that a signal has stopped, which stays parked from one
 * checkpoint to the next. Not where threads are stopped by signal 33.
 *
 * On failure the checkpoint fails, with a reason.
 */
#include <errno.h>
#include <signal.h>
#include <sys/wait.h>

#include "lib/sys/fmt.h"
#include "runtime/thread.h"
#include "runtime/tracer.h"

#define LIMIT_US 2000000
#define QUEUED (~0ull << 31) /* SIGRTMIN and above: each is kept */

static uint64_t noted(const struct ck_pending *p)
{
    uint64_t set = 0;

    for (uint32_t i = 0; i < p->n; i++)
        set |= 1ull << (p->info[i].si_signo - 1);
    return set;
}

static int is_more(uint64_t set, const struct ck_pending *p)
{
    set &= ~(3ull << 31); /* 32 and 33, libc's and ours */
    return (set & QUEUED) || (set & ~noted(p));
}

/* Marks the threads whose queues are to be looked at; 0: none. Our own thread
 * blocks all: what waits for the process it is told. */
static int find_late(void)
{
    struct ck_slot *any = NULL;
    uint64_t set = 0;
    int found = 0;

    for (uint32_t i = 0; i < ck_threads.n; i++) {
        struct ck_slot *t = &ck_threads.slot[i];
        struct ck_sigsets sets = {0, 0, 0};

        t->late = 0;
        if (!t->tid)
            continue;
        any = any ? any : t;
        ck_signal_sets(t->tid, &sets);
        t->late = (uint32_t)is_more(sets.own, &t->pending);
        found |= t->late != 0;
    }
    sys2(SYS_rt_sigpending, &set, sizeof set);
    if (any && !found && is_more(set, &ck_threads.shared))
        found = any->late = 1;
    return found;
}

/* Until t, which waits at its place of rest, has stopped for us. A signal on
 * its way that does nothing (park.c) is let through. */
static int stop_one(const struct ck_slot *t)
{
    uint64_t end = ck_now_us() + LIMIT_US;
    long r = ck_pt(PTRACE_SEIZE, t->tid, NULL, NULL);
    int status;

    if (r >= 0)
        r = ck_pt(PTRACE_INTERRUPT, t->tid, NULL, NULL);
    while (r >= 0 && ck_now_us() < end) {
        r = sys4(SYS_wait4, t->tid, &status, __WALL | WNOHANG, NULL);
        if (r == 0)
            ck_sleep_us(20);
        if (r <= 0)
            continue;
        if ((status & 0xff) != 0x7f)
            return -ESRCH;
        if (status >> 16 == PTRACE_EVENT_STOP)
            return 0;
        ck_pt(PTRACE_INTERRUPT, t->tid, NULL, NULL);
        ck_pt(PTRACE_CONT, t->tid, NULL, (void *)(long)(status >> 8 & 0xff));
    }
    return r < 0 ? (int)r : -ETIMEDOUT;
}

static int look_at(struct ck_slot *t)
{
    int r = stop_one(t);

    if (!r) {
        ck_tracer_pending(t, 1, &ck_threads.shared);
        ck_tracer_pending(t, 0, &t->pending);
    }
    ck_pt(PTRACE_DETACH, t->tid, NULL, NULL);
    return r;
}

static int look(void *arg)
{
    int r = 0;

    (void)arg;
    for (uint32_t i = 0; !r && i < ck_threads.n; i++)
        if (ck_threads.slot[i].tid && ck_threads.slot[i].late)
            r = look_at(&ck_threads.slot[i]);
    return r;
}

int ck_late_signals(char *why, size_t cap)
{
    int r, made;

    if (ck_stop_forced || !find_late())
        return 0;
    r = ck_tracer_run(look, NULL, 2 * LIMIT_US, &made);
    if (made)
        ck_stop_let_look(1);
    if (r == -EPERM || r == -EACCES)
        return 0; /* it was stopped by signal 33 */
    if (r)
        ck_fmt(why, cap, "signals that came late can't be looked at (error %d)",
               -r);
    return r;
}
