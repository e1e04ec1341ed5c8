/*
 * tracer.c - the tracer's life, and what it reads of a thread that it has
 * stopped: everything that its slot says of it before the thread itself tells
 * the rest. A thread that is where none can be left is not read.
 *
 * One tracer at a time. One that loses its maker is killed by the kernel
 * (PDEATHSIG), which detaches.
 */
#include "runtime/tracer.h"

#include <elf.h>
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include "lib/arch/x86_64/clone.h"
#include "runtime/partial.h"
#include "runtime/rights.h"
#include "runtime/slots.h"
#include "runtime/task/xstate.h"

#define GET_SYSCALL_USER_DISPATCH 0x4211
#define BUSY_FLAG_TRIES 100
#define STILL_TRIES 100
#define TRACER_STACK (32 * 1024)
#define START_WAITS 50 /* of 100 ms */

/* Bound: the tracer ends with its maker. */
enum start { UNBOUND = 0, BOUND = 1, BEGIN = 2 };

static struct {
    int32_t maker;
    uint32_t start; /* futex: enum start */
    int32_t alive;  /* cleared by the kernel when the tracer has ended */
    int result;
    int (*look)(void *arg);
    void *arg;
} tracer;

static uint8_t tracer_stack[TRACER_STACK] __attribute__((aligned(16)));

static int tracer_main(void *arg)
{
    (void)arg;
    sys2(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL);
    ck_become_ours("ckpt-tracer");
    __atomic_store_n(&tracer.start, BOUND, __ATOMIC_RELEASE);
    ck_futex_wake(&tracer.start, 1);
    /* Who made us may have died, or executed another program, before the
     * kernel knew that we are to die with it: then nobody says BEGIN. We
     * would send the threads of the new program to places of the old one,
     * and keep its connection to the coordinator open for ever. */
    for (int i = 0; __atomic_load_n(&tracer.start, __ATOMIC_ACQUIRE) != BEGIN;
         i++) {
        if (i == START_WAITS || sys0(SYS_getppid) != tracer.maker) {
            __atomic_store_n(&tracer.result, -ETIMEDOUT, __ATOMIC_RELEASE);
            return 0;
        }
        ck_futex_wait(&tracer.start, BOUND, 100);
    }
    __atomic_store_n(&tracer.result, tracer.look(tracer.arg),
                     __ATOMIC_RELEASE);
    return 0;
}

/* Not before the tracer is bound, or has ended. */
static void begin(void)
{
    while (!__atomic_load_n(&tracer.start, __ATOMIC_ACQUIRE) &&
           __atomic_load_n(&tracer.alive, __ATOMIC_ACQUIRE))
        ck_futex_wait(&tracer.start, UNBOUND, 100);
    __atomic_store_n(&tracer.start, BEGIN, __ATOMIC_RELEASE);
    ck_futex_wake(&tracer.start, 1);
}

int ck_tracer_run(int (*look)(void *arg), void *arg, uint64_t limit_us,
                  int *made)
{
    uint64_t give_up = ck_now_us() + limit_us;
    int killed = 0;
    int32_t id;
    long pid;

    memset(&tracer, 0, sizeof tracer);
    tracer.maker = ck_getpid();
    tracer.alive = 1;
    tracer.result = -ECHILD;
    tracer.look = look;
    tracer.arg = arg;
    /* With CLONE_FS it would be refused while another thread is in exec. */
    pid = ck_clone(CLONE_VM | CLONE_FILES | CLONE_UNTRACED |
                       CLONE_CHILD_CLEARTID,
                   tracer_stack + TRACER_STACK, NULL, &tracer.alive,
                   tracer_main, NULL);
    *made = pid > 0;
    if (pid < 0)
        return (int)pid;
    ck_let_trace(pid);
    begin();
    while ((id = __atomic_load_n(&tracer.alive, __ATOMIC_ACQUIRE)) != 0) {
        struct timespec ts = {0, 100000000};

        /* The kernel wakes this word as a shared futex (exit, CLEARTID). */
        sys4(SYS_futex, &tracer.alive, CK_FUTEX_WAIT, id, &ts);
        if (!killed && ck_now_us() > give_up) {
            sys2(SYS_kill, pid, SIGKILL);
            killed = 1;
        }
    }
    sys4(SYS_wait4, pid, NULL, __WALL, NULL);
    return killed ? -ETIMEDOUT : tracer.result;
}

void ck_tracer_pending(struct ck_slot *t, int shared, struct ck_pending *out)
{
    struct {
        uint64_t off;
        uint32_t flags;
        int32_t nr;
    } args = {0, shared ? 1u : 0u, CK_PENDING_MAX};
    long n = ck_pt(PTRACE_PEEKSIGINFO, t->tid, &args, out->info);
    siginfo_t next;

    out->n = n > 0 ? (uint32_t)n : 0;
    args.off = CK_PENDING_MAX;
    args.nr = 1;
    out->more = out->n == CK_PENDING_MAX &&
                ck_pt(PTRACE_PEEKSIGINFO, t->tid, &args, &next) > 0;
    ck_signals_known(out);
}

/* Is one of p neither blocked nor ignored? To a traced thread even an
 * ignored signal is sent (sig_ignored in kernel/signal.c). */
static int acts(const struct ck_pending *p, uint64_t mask)
{
    for (uint32_t i = 0; i < p->n; i++)
        if (!((mask | ck_threads.ignored) >> (p->info[i].si_signo - 1) & 1))
            return 1;
    return 0;
}

/* A signal of the program's own that ends a call halfway is not our doing. */
int ck_tracer_signal_due(struct ck_slot *t)
{
    ck_tracer_pending(t, 1, &ck_threads.shared);
    return acts(&t->pending, t->mask) || acts(&ck_threads.shared, t->mask);
}

/* Has t a translated number on its way to the kernel, or is it in passing
 * otherwise? */
static int in_window(const struct ck_slot *t,
                     const struct user_regs_struct *r)
{
    int v = 0;

    if (ck_in_passing(r->rip))
        return 1;
    return t->tls && !t->sys.how &&
           !ck_peek(t->fs_base + (uint64_t)ck_busy_offset, &v, sizeof v) && v;
}

/* A thread that is in a window, or in libc with a number, is not where it can
 * be stopped; it is let go for a moment. Flag and number alone are no proof
 * for long: a handler that interrupted such a call runs with the flag, and one
 * that leaves by siglongjmp() leaves it set; the number may be there by
 * chance. So after some tries only a thread that is in our code counts. */
static int busy(int32_t pid, struct ck_slot *t,
                const struct user_regs_struct *r)
{
    uint32_t limit = BUSY_FLAG_TRIES;

    /* As one that is blocked in the call: run on, it would be cut short. */
    if (ck_partial(r, (long)r->orig_rax) && !ck_in_passing(r->rip))
        return 0;
    if (!in_window(t, r)) {
        if (t->sys.how || !ck_thread_carries(pid, t->tid, r, r->rip, r->rsp))
            return 0;
        limit = CK_CARRY_TRIES;
    }
    ck_thread_try(t, r);
    return ck_in_our_code(r->rip) ||
           (t->tries < limit && t->stood < STILL_TRIES);
}

static int read_xstate(struct ck_slot *t)
{
    struct iovec v = {t->xstate.bytes, sizeof t->xstate.bytes};
    long what = ck_xmachine.features ? NT_X86_XSTATE : NT_PRFPREG;
    long r = ck_pt(PTRACE_GETREGSET, t->tid, (void *)what, &v);

    return r < 0 ? (int)r
                 : ck_xstate_frame(&ck_xmachine, &t->xstate, v.iov_len);
}

int ck_tracer_read(int32_t pid, struct ck_slot *t)
{
    struct user_regs_struct regs;
    struct iovec rv = {&regs, sizeof regs};
    struct {
        uint64_t ptr;
        uint32_t size, signature, flags, pad;
    } rseq;
    int32_t before = t->sys.nr;
    uint64_t mask;
    long r;

    r = ck_pt(PTRACE_GETREGSET, t->tid, (void *)NT_PRSTATUS, &rv);
    if (r >= 0)
        r = read_xstate(t);
    if (r >= 0)
        r = ck_pt(PTRACE_GETSIGMASK, t->tid, (void *)8, &t->mask);
    if (r < 0)
        return ck_tracer_fail((int)r, "registers can't be read", t->tid);
    memset(&rseq, 0, sizeof rseq);
    if (ck_pt(PTRACE_GET_RSEQ_CONFIGURATION, t->tid, (void *)sizeof rseq,
              &rseq) > 0) {
        t->rseq = rseq.ptr;
        t->rseq_len = rseq.size;
        t->rseq_sig = rseq.signature;
    }
    ck_thread_seen(t, &regs);
    if (busy(pid, t, &regs)) {
        t->sys.nr = before;
        return 1;
    }
    ck_tracer_pending(t, 0, &t->pending);
    mask = t->mask;
    if (!t->sys.how && !ck_tracer_signal_due(t))
        mask = ck_partial_finish(&regs, (long)regs.orig_rax, mask);
    ck_frame_build(&t->uc, &regs, mask, &t->xstate);
    return 0;
}

/* Linux 6.4 and later tell. A call that we make there could come back to the
 * program as SIGSYS. */
static int dispatches(int32_t tid)
{
    struct {
        uint64_t mode, selector, offset, len;
    } config = {0, 0, 0, 0};

    return ck_pt(GET_SYSCALL_USER_DISPATCH, tid, (void *)sizeof config,
                 &config) == 0 &&
           config.mode != 0;
}

const char *ck_tracer_refused(int32_t pid, int32_t tid)
{
    if (dispatches(tid))
        return "has its system calls sent back to it "
               "(PR_SET_SYSCALL_USER_DISPATCH), which can't be saved";
    return ck_rights_refused(pid, tid);
}
