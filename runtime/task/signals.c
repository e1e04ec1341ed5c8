/*
 * signals.c - what signals do, and those that were sent and not yet seen.
 *
 * Actions are read by the agent, which shares them. Pending signals were
 * read by the tracer (stop.c, late.c) into the threads' slots, with numbers as
 * the program knows them; each thread queues its own again, the first one also
 * those of the process, with the information that they had: before anybody
 * runs on, who might send newer ones.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>

#include "lib/sys/fmt.h"
#include "lib/sys/syscall.h"
#include "runtime/interpose/term.h"
#include "runtime/resume.h"
#include "runtime/siginfo.h"
#include "runtime/task/task.h"
#include "runtime/thread.h"

/* Signals and timers are read until none has run out in between: it would be
 * told twice. One of less than some microseconds always has. */
#define TIMER_TRIES 5

struct action {
    uint64_t handler, flags, restorer, mask;
};

static struct action saved[65];

void ck_signals_known(struct ck_pending *p)
{
    for (uint32_t i = 0; i < p->n; i++)
        if (ck_siginfo_numbered(&p->info[i]))
            p->info[i].si_pid = ck_virt_of(p->info[i].si_pid);
}

uint64_t ck_signals_ignored(void)
{
    static const uint64_t by_default =
        1ull << (SIGCHLD - 1) | 1ull << (SIGURG - 1) |
        1ull << (SIGWINCH - 1) | 1ull << (SIGCONT - 1);
    uint64_t ignored = 0;

    for (int sig = 1; sig <= 64; sig++) {
        struct action a;

        if (sys4(SYS_rt_sigaction, sig, NULL, &a, 8) < 0)
            continue;
        if (a.handler == (uintptr_t)SIG_IGN ||
            (a.handler == (uintptr_t)SIG_DFL && by_default >> (sig - 1) & 1))
            ignored |= 1ull << (sig - 1);
    }
    return ignored;
}

static int more_than_kept(char *why, size_t cap)
{
    int more = ck_threads.shared.more;

    for (uint32_t i = 0; i < ck_threads.n; i++)
        more |= ck_threads.slot[i].tid && ck_threads.slot[i].pending.more;
    if (!more)
        return 0;
    ck_fmt(why, cap, "more than %d signals wait to be received, and no more "
           "can be kept: let it receive them", CK_PENDING_MAX);
    return -EBUSY;
}

int ck_signals_save(char *why, size_t cap)
{
    int rc, tries = TIMER_TRIES;

    do
        rc = ck_late_signals(why, cap);
    while (!rc && ck_timers_moved() && --tries);
    rc = rc ? rc : more_than_kept(why, cap);
    if (rc)
        return rc;
    for (int sig = 1; sig <= 64; sig++) {
        long r = sys4(SYS_rt_sigaction, sig, NULL, &saved[sig], 8);

        if (r < 0) {
            ck_fmt(why, cap, "action of signal %d can't be read", sig);
            return (int)r;
        }
    }
    return 0;
}

/* A thread may queue what it likes for itself and nothing of the kernel's
 * for others: kernel/signal.c, do_rt_sigqueueinfo. The new numbers are not all
 * known yet, so the old ones are marked (lib/image/pidtable.h); but for one's
 * own: libc looks at it when it cancels a thread or sets all their users. */
static void queue(const struct ck_pending *p, int32_t tid)
{
    for (uint32_t i = 0; i < p->n; i++) {
        siginfo_t info = p->info[i];
        long r;

        if (ck_term_is_stale(&info))
            continue;
        if (ck_siginfo_numbered(&info) && info.si_pid > 0)
            info.si_pid = info.si_pid == ck_resume_vpid()
                              ? ck_getpid()
                              : info.si_pid | CK_PID_NOBODY;
        r = tid ? sys4(SYS_rt_tgsigqueueinfo, ck_getpid(), tid,
                       info.si_signo, &info)
                : sys3(SYS_rt_sigqueueinfo, ck_getpid(), info.si_signo,
                       &info);
        if (r < 0)
            ck_threads.unqueued = (int32_t)r;
    }
}

void ck_signals_requeue_shared(void)
{
    queue(&ck_threads.shared, 0);
}

void ck_signals_requeue(const struct ck_slot *t)
{
    queue(&t->pending, ck_gettid()); /* t->tid may be the old one yet */
    if (t->leader)
        ck_signals_requeue_shared();
}

int ck_signals_restore(enum ck_stage stage, char *why, size_t cap)
{
    (void)why;
    (void)cap;
    if (stage == CK_STAGE_LATE)
        return 0;
    for (int sig = 1; sig <= 64; sig++)
        if (sig != SIGKILL && sig != SIGSTOP)
            sys4(SYS_rt_sigaction, sig, &saved[sig], NULL, 8);
    ck_threads.ignored = ck_signals_ignored();
    return 0;
}
