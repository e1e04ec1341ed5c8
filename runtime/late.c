/*
 * late.c - signals that came when this process was parked already.
 *
 * Those that wait are read when its threads stop. Others of the tree run on
 * for a moment and may send more, and its own timers run out: a program that
 * waits for such a signal would wait for ever after a restart. When all are
 * parked, and the timers have been read, nobody can send any more; then the
 * queue of the process is looked at once more, if there is anything in it
 * that was not there: by a tracer, which takes nothing out. Not where threads
 * are stopped by signal 33, nor in a process that a signal has stopped.
 *
 * On failure the checkpoint fails, with a reason.
 */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "lib/arch/x86_64/clone.h"
#include "lib/sys/fmt.h"
#include "runtime/thread.h"
#include "runtime/tracer.h"

#define LIMIT_US 2000000
#define QUEUED (~0ull << 31) /* SIGRTMIN and above: each is kept */

static uint8_t stack[16 * 1024] __attribute__((aligned(16)));

static struct {
    int32_t pid;
    uint32_t may; /* futex: whoever made us has let itself be traced */
    int32_t alive; /* cleared by the kernel when the tracer has ended */
    int result;
} job;

static uint64_t noted(const struct ck_pending *p)
{
    uint64_t set = 0;

    for (uint32_t i = 0; i < p->n; i++)
        set |= 1ull << (p->info[i].si_signo - 1);
    return set;
}

/* Is there, for the process, what was not there? Our own thread blocks all. */
static int more_waits(void)
{
    uint64_t set = 0;

    sys2(SYS_rt_sigpending, &set, sizeof set);
    set &= ~(3ull << 31); /* 32 and 33, libc's and ours */
    return (set & QUEUED) || (set & ~noted(&ck_threads.shared));
}

static struct ck_slot *somebody(void)
{
    for (uint32_t i = 0; i < ck_threads.n; i++)
        if (ck_threads.slot[i].tid)
            return &ck_threads.slot[i];
    return NULL;
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

static int look(void *arg)
{
    struct ck_slot *t = arg;
    int r;

    sys2(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL);
    while (!__atomic_load_n(&job.may, __ATOMIC_ACQUIRE)) {
        if (sys0(SYS_getppid) != job.pid)
            return 0;
        ck_futex_wait(&job.may, 0, 100);
    }
    r = stop_one(t);
    if (!r) {
        ck_tracer_pending(t, 1, &ck_threads.shared);
        ck_tracer_pending(t, 0, &t->pending);
    }
    ck_pt(PTRACE_DETACH, t->tid, NULL, NULL);
    __atomic_store_n(&job.result, r, __ATOMIC_RELEASE);
    return 0;
}

int ck_late_signals(char *why, size_t cap)
{
    struct ck_slot *t = somebody();
    int32_t id;
    long tracer;

    if (ck_stop_forced || ck_threads.frozen || !t || !more_waits())
        return 0;
    memset(&job, 0, sizeof job);
    job.pid = ck_getpid();
    job.alive = 1;
    job.result = -ECHILD;
    tracer = ck_clone(CLONE_VM | CLONE_FILES | CLONE_UNTRACED |
                          CLONE_CHILD_CLEARTID,
                      stack + sizeof stack, NULL, &job.alive, look, t);
    if (tracer > 0) {
        ck_let_trace(tracer);
        __atomic_store_n(&job.may, 1, __ATOMIC_RELEASE);
        ck_futex_wake(&job.may, 1);
        /* The kernel wakes this word as a shared futex. */
        while ((id = __atomic_load_n(&job.alive, __ATOMIC_ACQUIRE)) != 0) {
            struct timespec turn = {0, 100000000};

            sys4(SYS_futex, &job.alive, CK_FUTEX_WAIT, id, &turn);
        }
        sys4(SYS_wait4, tracer, NULL, __WALL, NULL);
        ck_stop_let_look(1);
    } else {
        job.result = (int)tracer;
    }
    if (job.result == -EPERM || job.result == -EACCES)
        return 0; /* it was stopped by signal 33 */
    if (job.result)
        ck_fmt(why, cap, "signals that came late can't be looked at (error %d)",
               -job.result);
    return job.result;
}
