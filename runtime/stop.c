/*
 * stop.c - parks every thread of this process but the agent.
 *
 * A transient child that shares our memory (CLONE_VM, so that it is a
 * process of its own and may trace us) seizes and interrupts each thread,
 * reads its registers into the thread's slot, sends it to ck_park with all
 * signals blocked, and detaches. Threads that are made meanwhile are found
 * by looking again until a look finds none. Seizing leaves no trace: no
 * SIGSTOP, no EINTR that the program could see.
 *
 * On failure everything that was interrupted runs on, nothing is changed,
 * and the reason says which thread.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include "lib/sys/fmt.h"
#include "lib/sys/process.h"
#include "lib/sys/syscall.h"
#include "runtime/frozen.h"
#include "runtime/partial.h"
#include "runtime/rights.h"
#include "runtime/slots.h"
#include "runtime/task/xstate.h"
#include "runtime/traced.h"
#include "runtime/tracer.h"

#define BUSY_US 2000000 /* one that makes processes all the time is for long */
#define BUSY_TRIES 200  /* one that gets no processor has not had its time */
#define LET_RUN_US 1000
#define STEPS_MAX 20000 /* of a stopped thread, out of where it can't rest */
#define STEP_US 100000
#define CATCH_UP_US 500000
#define SLOW_MS 30000 /* a tracer that gets no processor is not killed for it */

/* SENT: to its place of rest, where it will come as soon as it is let run. */
enum phase { SEIZED = 1, STOPPED = 2, GONE = 3, SENT = 4 };

static struct {
    int32_t pid;
    uint64_t deadline_us, catch_up_us;
    uint32_t added;
    char why[256];
} job;

int ck_tracer_fail(int err, const char *what, int32_t tid)
{
    if (!job.why[0])
        ck_fmt(job.why, sizeof job.why, "%s (thread %d, error %d)", what, tid,
               -err);
    return err;
}

/* Slot for a tid that is not known yet, the first one for the first thread;
 * the remembered syscall comes from the checkpoint before, where the same
 * thread may have had another slot. */
static struct ck_slot *new_slot(int32_t tid)
{
    struct ck_threads *all = &ck_threads;
    struct ck_slot *t;
    int32_t remembered = ck_threads_remembered(tid);

    if (all->n == all->cap)
        return NULL;
    t = &all->slot[tid == job.pid ? 0 : all->n++];
    memset(t, 0, offsetof(struct ck_slot, xstate));
    t->tid = tid;
    t->sys.nr = remembered;
    t->leader = tid == job.pid;
    t->frame = &t->uc;
    return t;
}

/*
 * To a traced thread even a signal that the program ignores is sent, and it
 * wakes whoever would take it; if that is another one, not stopped yet, its
 * call ends with EINTR, of no signal that the program knows of. Such signals
 * are sent to who makes processes (SIGCHLD) and to the first thread: these
 * are seized when the others stand.
 */
static int seize(int32_t tid, void *arg)
{
    const int *all = arg;
    struct ck_slot *t;
    long r;

    if (tid == ck_agent_tid ||
        (!*all && (tid == job.pid || ck_makes_processes(tid))))
        return 0;
    for (uint32_t i = 0; i < ck_threads.n; i++)
        if (ck_threads.slot[i].tid == tid && ck_threads.slot[i].phase)
            return 0;
    r = ck_pt(PTRACE_SEIZE, tid, NULL, NULL);
    if (r < 0) {
        if (r == -ESRCH || ck_thread_ended(job.pid, tid)) {
            if (tid == job.pid)
                ck_threads.leader_exited = 1;
            return 0;
        }
        return ck_tracer_fail((int)r, "can't be traced", tid);
    }
    t = new_slot(tid);
    if (!t)
        return ck_tracer_fail(-EAGAIN, "more threads than expected", tid);
    ck_pt(PTRACE_INTERRUPT, tid, NULL, NULL);
    t->phase = SEIZED;
    job.added++;
    return 0;
}

/* A thread that has stopped already, because an earlier interruption came
 * when it had, is not interrupted again: it would never get any further. */
static void interrupt(struct ck_slot *t)
{
    siginfo_t si;

    t->owed = 0;
    memset(&si, 0, sizeof si);
    sys5(SYS_waitid, P_PID, t->tid, &si,
         WSTOPPED | WEXITED | WNOWAIT | WNOHANG | __WALL, NULL);
    if (!si.si_pid)
        ck_pt(PTRACE_INTERRUPT, t->tid, NULL, NULL);
}

/* For the same reason one that waits for a processor is not interrupted before
 * it has had one. */
static void let_run(struct ck_slot *t)
{
    unsigned us = 20 + t->tries * 4; /* waking it takes time, too */
    uint64_t before = ck_thread_runs(t->tid);

    ck_pt(PTRACE_CONT, t->tid, NULL, NULL);
    ck_sleep_us(us < LET_RUN_US ? us : LET_RUN_US);
    if (before && ck_thread_runs(t->tid) == before)
        t->owed = before;
    else
        interrupt(t);
}

/* How many threads have had no processor yet. */
static uint32_t interrupt_who_ran(void)
{
    uint32_t left = 0;

    for (uint32_t i = 0; i < ck_threads.n; i++) {
        struct ck_slot *t = &ck_threads.slot[i];

        if (t->phase != SEIZED || !t->owed)
            continue;
        if (ck_thread_runs(t->tid) != t->owed)
            interrupt(t);
        else
            left++;
    }
    return left;
}

/*
 * A process that a signal has stopped is to do nothing until SIGCONT, and what
 * stops itself (raise) has its number in its hands: one that is let run does
 * what comes after the stop. So it takes single steps, until it can rest. As
 * ck_tracer_read; 1: it never can.
 */
static int step_out(struct ck_slot *t)
{
    long pass = 0;
    int r = 1;

    for (int i = 0; r == 1 && i < STEPS_MAX; i++) {
        uint64_t end = ck_now_us() + STEP_US;
        int status = 0;
        long got;

        ck_pt(PTRACE_SINGLESTEP, t->tid, NULL, (void *)pass);
        while (!(got = sys4(SYS_wait4, t->tid, &status, __WALL | WNOHANG, NULL)))
            if (ck_now_us() > end) { /* a call that waits */
                if (ck_thread_ended(job.pid, t->tid))
                    break; /* see first_ended */
                ck_pt(PTRACE_INTERRUPT, t->tid, NULL, NULL);
                end = ck_now_us() + STEP_US;
            }
        if (got != t->tid || (status & 0xff) != 0x7f) {
            t->phase = GONE;
            return 0;
        }
        pass = status >> 16 ? 0 : status >> 8 & 0xff;
        if (pass == SIGTRAP)
            pass = 0;
        if (!pass)
            r = ck_tracer_read(job.pid, t);
    }
    return r;
}

/* One report of wait4. 0, or -errno when the checkpoint can't be. */
static int stopped(struct ck_slot *t, int status)
{
    int sig = status >> 8 & 0xff, event = status >> 16;
    const char *refusal;
    int r;

    t->owed = 0;
    if ((status & 0xff) != 0x7f) {
        t->phase = GONE;
        return 0;
    }
    if (event != PTRACE_EVENT_STOP) {
        /* A signal on its way to the program: let it have it. It is to stop
         * before it goes on: what it has ended, the call of a thread, may be
         * no end if the program ignores it. */
        ck_pt(PTRACE_INTERRUPT, t->tid, NULL, NULL);
        ck_pt(PTRACE_CONT, t->tid, NULL, (void *)(long)(event ? 0 : sig));
        return 0;
    }
    if (sig != SIGTRAP)
        ck_threads.frozen = 1;
    r = ck_tracer_read(job.pid, t);
    if (r == 1 && ck_threads.frozen) {
        r = step_out(t);
        if (r == 1)
            return ck_tracer_fail(-EBUSY, "does not come to rest", t->tid);
        if (t->phase == GONE)
            return 0;
    }
    if (r == 1 && t->tries > CK_REST_TRIES)
        ck_rest_ask(job.pid);
    if (r == 1 && !t->busy_since)
        t->busy_since = ck_now_us();
    if (r == 1 && ck_now_us() < job.deadline_us &&
        (ck_now_us() - t->busy_since < BUSY_US ||
         t->tries + t->stood < BUSY_TRIES)) {
        let_run(t);
        return 0;
    }
    if (r == 1)
        return ck_tracer_fail(-EBUSY, "does not come to rest", t->tid);
    if (r)
        return r;
    t->phase = STOPPED;
    refusal = ck_tracer_refused(job.pid, t->tid);
    return refusal ? ck_tracer_fail(-EOPNOTSUPP, refusal, t->tid) : 0;
}

static struct ck_slot *slot_of(int32_t tid)
{
    for (uint32_t i = ck_threads.n; i-- > 0;)
        if (ck_threads.slot[i].tid == tid)
            return &ck_threads.slot[i];
    return NULL;
}

static int32_t first_waiting(void)
{
    for (uint32_t i = 0; i < ck_threads.n; i++)
        if (ck_threads.slot[i].phase == SEIZED)
            return ck_threads.slot[i].tid;
    return 0;
}

/* The end of a first thread is not reported while others live, and we do. */
static uint32_t first_ended(void)
{
    struct ck_slot *t = slot_of(job.pid);

    if (!t || t->phase != SEIZED || !ck_thread_ended(job.pid, job.pid))
        return 0;
    t->phase = GONE;
    ck_threads.leader_exited = 1;
    return 1;
}

static int wait_stopped(uint32_t pending)
{
    /* Each report of a thread sends SIGCHLD, which is blocked. */
    static const uint64_t chld = 1ull << (SIGCHLD - 1);
    static const struct timespec at_most = {0, 50000000}, soon = {0, 500000};

    while (pending) {
        int status = 0;
        long tid = sys4(SYS_wait4, -1, &status, __WALL | WNOHANG, NULL);
        struct ck_slot *t = tid > 0 ? slot_of((int32_t)tid) : NULL;

        if (t && t->phase == SEIZED) {
            int r = stopped(t, status);

            if (r)
                return r;
            pending -= t->phase != SEIZED;
            continue;
        }
        if (tid > 0)
            continue;
        if (ck_now_us() > job.deadline_us)
            return ck_tracer_fail(-ETIMEDOUT, "could not be stopped in time",
                        first_waiting());
        if (sys4(SYS_rt_sigtimedwait, &chld, NULL,
                 interrupt_who_ran() ? &soon : &at_most, 8) == -EAGAIN)
            pending -= first_ended();
    }
    return 0;
}

static void redirect(struct ck_slot *t)
{
    struct user_regs_struct regs;
    struct iovec rv = {&regs, sizeof regs};
    uint64_t mask = ck_park_mask(t);

    if (ck_pt(PTRACE_GETREGSET, t->tid, (void *)NT_PRSTATUS, &rv) < 0)
        return;
    ck_frame_call(&regs, (uintptr_t)ck_park, (uintptr_t)t,
                  (uintptr_t)t->stack + sizeof t->stack);
    t->go = __atomic_load_n(&ck_threads.go, __ATOMIC_ACQUIRE);
    t->phase = SENT;
    ck_pt(PTRACE_SETSIGMASK, t->tid, (void *)8, &mask);
    ck_pt(PTRACE_SETREGSET, t->tid, (void *)NT_PRSTATUS, &rv);
    ck_pt(ck_threads.frozen ? PTRACE_CONT : PTRACE_DETACH, t->tid, NULL, NULL);
}

/* Waits for the stop that a thread was asked for and has not reported: if we
 * ended before, its call would end with EINTR. 0: it can't be waited for. */
static int catch_up(struct ck_slot *t)
{
    int status = 0;

    if (!job.catch_up_us)
        job.catch_up_us = ck_now_us() + CATCH_UP_US;
    while (ck_now_us() < job.catch_up_us) {
        long r = sys4(SYS_wait4, t->tid, &status, __WALL | WNOHANG, NULL);

        if (r < 0 || (r > 0 && (status & 0xff) != 0x7f))
            return 0;
        if (r > 0 && status >> 16 == PTRACE_EVENT_STOP)
            return 1;
        if (r > 0) { /* a signal of the program's */
            ck_pt(PTRACE_INTERRUPT, t->tid, NULL, NULL);
            ck_pt(PTRACE_CONT, t->tid, NULL, (void *)(long)(status >> 8 & 0xff));
        } else {
            ck_sleep_us(50);
        }
    }
    return 0;
}

/* After a failure: what was interrupted goes on as if nothing had been. */
static void let_go(struct ck_slot *t)
{
    struct user_regs_struct regs, was;
    struct iovec rv = {&regs, sizeof regs};
    uint64_t mask = 0;

    if (t->phase == SEIZED && catch_up(t) &&
        ck_pt(PTRACE_GETREGSET, t->tid, (void *)NT_PRSTATUS, &rv) >= 0) {
        was = regs;
        if (ck_frame_rewind(&regs, t->sys.nr).how != EINTR)
            regs = was;
        ck_pt(PTRACE_SETREGSET, t->tid, (void *)NT_PRSTATUS, &rv);
    }
    if (t->phase == STOPPED && (t->sys.how == EINTR || !t->sys.how) &&
        ck_pt(PTRACE_GETREGSET, t->tid, (void *)NT_PRSTATUS, &rv) >= 0) {
        if (t->sys.how)
            ck_frame_rewind(&regs, t->sys.nr);
        else if (!ck_tracer_signal_due(t))
            mask = ck_partial_finish(&regs, (long)regs.orig_rax, t->mask);
        ck_pt(PTRACE_SETREGSET, t->tid, (void *)NT_PRSTATUS, &rv);
        if (mask)
            ck_pt(PTRACE_SETSIGMASK, t->tid, (void *)8, &mask);
    }
    if (t->phase != GONE)
        ck_pt(PTRACE_DETACH, t->tid, NULL, NULL);
}

static int stop_passes(void)
{
    char dir[64];
    int r, all = 0;

    ck_fmt(dir, sizeof dir, "/proc/%d/task", job.pid);
    for (;;) {
        job.added = 0;
        r = ck_each_number(dir, seize, &all);
        if (!r && job.why[0])
            r = -EPERM;
        if (!r)
            r = wait_stopped(job.added);
        if (r || (!job.added && all))
            return r;
        if (!job.added)
            all = 1;
    }
}

/* The program may have SIGCHLD ignored or without stops; in the tracer, which
 * has a copy of the actions, it must not be so. */
static void hear_of_stops(void)
{
    struct {
        uint64_t handler, flags, restorer, mask;
    } dfl = {0, 0, 0, 0};

    sys4(SYS_rt_sigaction, SIGCHLD, &dfl, NULL, 8);
}

static int stop_threads(void *arg)
{
    uint32_t kept = 0;
    int r;

    (void)arg;
    ck_threads.ignored = ck_signals_ignored();
    hear_of_stops();
    r = stop_passes();
    if (!r) {
        for (uint32_t i = 0; i < ck_threads.n; i++)
            kept += ck_threads.slot[i].phase == STOPPED;
        if (!kept)
            r = ck_tracer_fail(-ESRCH, "is ending", job.pid);
    }
    /* Those that ran on for longer may have sent more to the others. */
    for (uint32_t i = 0, all = 1; !r && i < ck_threads.n; i++) {
        struct ck_slot *t = &ck_threads.slot[i];

        if (t->phase != STOPPED)
            continue;
        ck_tracer_pending(t, 0, &t->pending);
        if (all)
            ck_tracer_pending(t, 1, &ck_threads.shared);
        all = 0;
    }
    for (uint32_t i = 0; i < ck_threads.n; i++) { /* as seize wants it */
        struct ck_slot *t = &ck_threads.slot[i ? ck_threads.n - i : 0];

        if (r)
            let_go(t);
        else if (t->phase == STOPPED)
            redirect(t);
    }
    if (!r && ck_threads.frozen)
        ck_frozen_settle(kept, job.deadline_us);
    return r;
}

static uint32_t sent(void)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < ck_threads.n; i++)
        n += ck_threads.slot[i].phase == SENT;
    return n;
}

/* Slots of threads that ended while we looked are closed up. Parked threads
 * know their slot's address: nothing may move. Only a run of ended ones at the
 * end can go; others keep tid 0. */
static void compact(void)
{
    for (uint32_t i = 0; i < ck_threads.n; i++)
        if (ck_threads.slot[i].phase != SENT)
            ck_threads.slot[i].tid = 0;
    while (ck_threads.n && !ck_threads.slot[ck_threads.n - 1].tid)
        ck_threads.n--;
}

static int wait_parked(uint32_t n, int limit_ms)
{
    uint64_t end = ck_now_us() + (uint64_t)limit_ms * 1000;
    uint32_t have;

    while ((have = __atomic_load_n(&ck_threads.parked, __ATOMIC_ACQUIRE)) <
           n) {
        ck_futex_wait(&ck_threads.parked, have, 100);
        if (ck_now_us() > end)
            return -ETIMEDOUT;
    }
    return 0;
}

int ck_stop_by_ptrace(int limit_ms, char *why, size_t cap)
{
    int r, made;

    r = ck_threads_reserve(ck_thread_count() + 32);
    if (r)
        return r;
    ck_threads.n = 1;
    ck_threads.slot[0].phase = 0; /* its call is still to be remembered */
    ck_threads.parked = 0;
    ck_threads.leader_exited = ck_threads.frozen = 0;
    memset(&job, 0, sizeof job);
    job.pid = ck_getpid();
    job.deadline_us = ck_now_us() + (uint64_t)limit_ms * 1000;
    r = ck_tracer_run(stop_threads, NULL,
                      ((uint64_t)limit_ms + SLOW_MS) * 1000, &made);
    if (!made) {
        ck_fmt(why, cap, "no process for the tracer (error %d)", -r);
        return r;
    }
    ck_rest_over();
    ck_threads.standing = sent(); /* none, where it has failed by itself */
    if (r) {
        ck_fmt(why, cap, "%s", job.why[0] ? job.why : "the tracer failed");
    } else {
        compact();
        r = wait_parked(ck_threads.standing, limit_ms);
        if (r)
            ck_fmt(why, cap, "a thread did not reach its place of rest");
    }
    if (r && ck_threads.standing)
        ck_park_release();
    return r;
}

int ck_ptracer;

void ck_stop_let_look(int yes)
{
    ck_let_trace(yes ? -1 : ck_real_of(ck_ptracer));
}

int ck_stop_all(int limit_ms, char *why, size_t cap)
{
    char first[256] = "";
    int r = -EPERM;

    ck_xstate_look();
    ck_rights_begin(ck_getpid());
    if (!ck_stop_forced) {
        r = ck_stop_by_ptrace(limit_ms, first, sizeof first);
        if (r == 0)
            ck_stop_let_look(1);
        if (r != -EPERM && r != -EACCES && r != -ENOSYS) {
            ck_fmt(why, cap, "%s", first);
            return r;
        }
    }
    r = ck_traced_refused(why, cap);
    return r ? r : ck_stop_by_signal(limit_ms, why, cap);
}
