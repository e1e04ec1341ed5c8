/*
 * stop_signal.c - parks threads by signal 33 where ptrace can't be used.
 *
 * 33 is glibc's own signal (SETXID), which no program can block or handle
 * through libc; its action is ours only between installing and the last
 * thread's parking. The handler runs on the thread's stack below its red
 * zone; the kernel's frame there is the frame that the thread goes on from.
 *
 * What the handler cannot see is which call was interrupted: the number is
 * told by the instructions in front of the call (callnr.h). Where they don't,
 * it is what /proc/self/task/T/syscall told just before the signal was sent;
 * of a thread that moved on in between, a call that cannot restart by itself
 * returns -EINTR then (docs/limits.md).
 *
 * A thread that does not answer in time may still have our signal pending:
 * then the handler stays installed, and does nothing for a thread that
 * nobody waits for any more (phase). The default action would be death.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/uio.h>

#include "lib/sys/fmt.h"
#include "lib/sys/process.h"
#include "lib/sys/syscall.h"
#include "runtime/partial.h"
#include "runtime/rights.h"
#include "runtime/slots.h"
#include "runtime/task/xstate.h"
#include "runtime/unseen.h"

#define STOP_SIGNAL 33
#define SA_RESTORER 0x04000000
#define AGAIN_US 50

struct kernel_sigaction {
    void (*handler)(int, siginfo_t *, void *);
    unsigned long flags;
    void (*restorer)(void);
    uint64_t mask;
};

/* A slot's phase. ANSWERED: in its handler, to say AGAIN or PARKING next. */
enum phase { ANSWERED = 0, ASKED = 1, AGAIN = 2, PARKING = 3, CALLED_OFF = 4 };

static int asked; /* threads that were signalled */
static int refused;
static const char *refusal; /* of a thread */

__asm__(".text\n"
        ".type ck_stop_restorer, @function\n"
        "ck_stop_restorer:\n"
        "mov $15, %eax\n"
        "syscall\n"
        ".size ck_stop_restorer, .-ck_stop_restorer\n");
void ck_stop_restorer(void) CK_HIDDEN;

/*
 * A thread that is in libc with a number in its hands (slots.h), or in a window
 * of a wrapper, is let run on, as the tracer lets it, and asked again.
 */
static int must_go_on(struct ck_slot *t, const greg_t *g,
                      const struct user_regs_struct *r)
{
    _Static_assert(REG_R8 == 0 && REG_RCX == 14, "fifteen registers");
    if (t->sys.how ||
        (!(t->tls && ck_virt_busy) && !ck_in_passing(r->rip) &&
         !ck_thread_carries(ck_getpid(), t->tid, g, r->rip, r->rsp)))
        return 0;
    ck_thread_try(t, r);
    if (t->tries > CK_REST_TRIES)
        ck_rest_ask(ck_getpid());
    return t->tries < CK_CARRY_TRIES || ck_in_our_code(r->rip);
}

/*
 * Which call the thread was in, as a tracer would see it. Only right behind a
 * syscall instruction is rcx its own address: else the thread has gone on
 * since its number was read. A call that restarts by itself (SA_RESTART) has
 * been rewound to the instruction already; of others the instructions in front
 * tell the number, or else it is what /proc told.
 */
static void seen_as_traced(struct ck_slot *t, struct user_regs_struct *r,
                           const greg_t *g)
{
    int32_t nr = ck_call_behind(g);

    r->orig_rax = (unsigned long)-1;
    if (r->rcx == r->rip + 2 && r->rax < 512) {
        t->sys.nr = (int32_t)r->rax;
        r->orig_rax = r->rax;
        r->rax = (unsigned long)-512;
        r->rip += 2;
        return;
    }
    if (r->rcx != r->rip)
        t->sys.nr = -1;
    else if (nr >= 0)
        t->sys.nr = nr;
    if (t->sys.nr >= 0 && (long)r->rax == -EINTR) {
        r->orig_rax = (unsigned long)t->sys.nr;
        r->rax = (unsigned long)-514;
    }
}

/* glibc registers each thread's area at a fixed place behind its block. */
extern const ptrdiff_t __rseq_offset __attribute__((weak));
extern const unsigned int __rseq_size __attribute__((weak));

static void note_rseq(struct ck_slot *t)
{
    if (!t->tls || !&__rseq_offset || !__rseq_size)
        return;
    t->rseq = t->fs_base + (uint64_t)__rseq_offset;
    t->rseq_len = 32;
    t->rseq_sig = 0x53053053;
}

static uint64_t pending_mask(const char *field)
{
    return ck_read_number("/proc/thread-self/status", field, 16, 0) &
           ~(1ull << (STOP_SIGNAL - 1));
}

static int take(struct ck_pending *p, uint64_t set)
{
    static const struct timespec none = {0, 0};

    p->more = p->n == CK_PENDING_MAX;
    if (p->more ||
        sys4(SYS_rt_sigtimedwait, &set, &p->info[p->n], &none, 8) <= 0)
        return 0;
    p->n++;
    return 1;
}

/* Without a tracer what is pending can only be looked at by taking it, and
 * queueing it again. A thread's own come before those of the process, which
 * the first thread takes. */
static void note_pending(struct ck_slot *t)
{
    struct ck_pending *p = &t->pending;
    uint64_t own;

    while ((own = pending_mask("SigPnd:\t")) != 0 &&
           take(p, 1ull << __builtin_ctzll(own)))
        ;
    if (t->leader) {
        own = pending_mask("ShdPnd:\t");
        while (own && take(&ck_threads.shared, own))
            ;
        p = &ck_threads.shared;
        for (uint32_t i = 0; i < p->n; i++)
            sys3(SYS_rt_sigqueueinfo, ck_getpid(), p->info[i].si_signo,
                 &p->info[i]);
        ck_signals_known(p);
    }
    p = &t->pending;
    for (uint32_t i = 0; i < p->n; i++)
        sys4(SYS_rt_tgsigqueueinfo, ck_getpid(), t->tid, p->info[i].si_signo,
             &p->info[i]);
    ck_signals_known(p);
}

static void handler(int sig, siginfo_t *info, void *frame)
{
    ucontext_t *uc = frame;
    struct ck_slot *t = NULL;
    int32_t tid = ck_gettid();
    greg_t *g = uc->uc_mcontext.gregs;
    struct user_regs_struct regs;
    uint64_t fs = 0, gs = 0, mask;
    uint32_t was = ASKED;
    int copied;
    long nr;

    (void)sig;
    (void)info;
    for (uint32_t i = 0; i < ck_threads.n && !t; i++)
        if (ck_threads.slot[i].tid == tid)
            t = &ck_threads.slot[i];
    if (!t || !__atomic_compare_exchange_n(&t->phase, &was, ANSWERED, 0,
                                           __ATOMIC_ACQ_REL,
                                           __ATOMIC_ACQUIRE))
        return;
    ck_frame_regs(&regs, g);
    sys2(SYS_arch_prctl, 0x1003 /* ARCH_GET_FS */, &fs);
    sys2(SYS_arch_prctl, 0x1004 /* ARCH_GET_GS */, &gs);
    regs.fs_base = fs;
    regs.gs_base = gs;
    seen_as_traced(t, &regs, g);
    t->frame = uc;
    memcpy(&t->mask, &uc->uc_sigmask, sizeof t->mask);
    nr = t->sys.nr;
    ck_thread_seen(t, &regs);
    if (!ck_partial(&regs, nr) && must_go_on(t, g, &regs)) {
        __atomic_store_n(&t->phase, AGAIN, __ATOMIC_RELEASE);
        ck_futex_wake(&ck_threads.parked, 1);
        return;
    }
    __atomic_store_n(&t->phase, PARKING, __ATOMIC_RELEASE);
    /* After a restart the kernel may want another frame than the one that it
     * has made; where ours has no room, task/xstate.c refuses. */
    copied = !ck_xstate_copy(&ck_xmachine, &t->xstate,
                             uc->uc_mcontext.fpregs);
    if (copied)
        uc->uc_mcontext.fpregs = (fpregset_t)(void *)&t->xstate;
    mask = t->mask;
    if (!t->sys.how && copied) /* what it needs lies where the state was */
        mask = ck_partial_finish(&regs, nr, mask);
    memcpy(&uc->uc_sigmask, &mask, sizeof mask);
    g[REG_RSP] = (greg_t)regs.rsp;
    g[REG_RAX] = (greg_t)regs.rax;
    g[REG_RIP] = (greg_t)regs.rip;
    note_rseq(t);
    note_pending(t);
    ck_park_wait(t);
}

/* "nr args..." while blocked, "running", or "-1 ..." in user code. */
static int32_t blocked_in(int32_t tid)
{
    char path[64], buf[256];
    const char *p = buf;

    ck_fmt(path, sizeof path, "/proc/self/task/%d/syscall", tid);
    if (ck_read_file(path, buf, sizeof buf) < 0 || buf[0] < '0' ||
        buf[0] > '9')
        return -1;
    return (int32_t)ck_parse_u64(&p, 10);
}

static long ask(struct ck_slot *t)
{
    int32_t nr = blocked_in(t->tid);

    if (nr != SYS_restart_syscall)
        t->sys.nr = nr;
    t->go = __atomic_load_n(&ck_threads.go, __ATOMIC_ACQUIRE);
    __atomic_store_n(&t->phase, ASKED, __ATOMIC_RELEASE);
    return sys3(SYS_tgkill, ck_getpid(), t->tid, STOP_SIGNAL);
}

static int signal_one(int32_t tid, void *arg)
{
    struct ck_threads *all = &ck_threads;
    struct ck_slot *t;
    int32_t remembered;
    long r;

    (void)arg;
    if (tid == ck_agent_tid)
        return 0;
    for (uint32_t i = 0; i < all->n; i++)
        if (all->slot[i].tid == tid)
            return 0;
    if (tid == ck_getpid() && ck_thread_ended(ck_getpid(), tid)) {
        all->leader_exited = 1;
        return 0;
    }
    refusal = ck_rights_refused(ck_getpid(), tid);
    if (refusal) {
        refused = -EOPNOTSUPP;
        return 1;
    }
    if (all->n == all->cap) {
        refused = -EAGAIN;
        return 1;
    }
    remembered = ck_threads_remembered(tid);
    t = &all->slot[all->n];
    memset(t, 0, offsetof(struct ck_slot, xstate));
    t->tid = tid;
    t->leader = tid == ck_getpid();
    t->sys.nr = remembered;
    __atomic_store_n(&all->n, all->n + 1, __ATOMIC_RELEASE);
    r = ask(t);
    if (r >= 0) {
        asked++;
        return 0;
    }
    all->n--;
    if (r == -ESRCH)
        return 0;
    if (r == -EAGAIN)
        refusal = "can't be sent a signal: more wait than may, in all "
                  "processes of its user (RLIMIT_SIGPENDING, ulimit -i); let "
                  "them be received";
    refused = (int)r;
    return 1;
}

/* After a moment, or it would be where it was. */
static void ask_again(void)
{
    int slept = 0;

    for (uint32_t i = 0; i < ck_threads.n; i++) {
        struct ck_slot *t = &ck_threads.slot[i];

        if (__atomic_load_n(&t->phase, __ATOMIC_ACQUIRE) != AGAIN)
            continue;
        if (!slept++)
            ck_sleep_us(AGAIN_US);
        ask(t);
    }
}

/* One that has not answered yet will not any more, and returns from its
 * handler if the signal comes. Nonzero: it was so. */
static int call_off(struct ck_slot *t)
{
    uint32_t p = __atomic_load_n(&t->phase, __ATOMIC_ACQUIRE);

    return (p == ASKED || p == AGAIN) &&
           __atomic_compare_exchange_n(&t->phase, &p, CALLED_OFF, 0,
                                       __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
}

/* A thread that ended with our signal pending does not answer any more. */
static void forget_ended(void)
{
    for (uint32_t i = 0; i < ck_threads.n; i++) {
        struct ck_slot *t = &ck_threads.slot[i];

        if (t->tid && ck_thread_ended(ck_getpid(), t->tid) && call_off(t)) {
            t->tid = 0;
            asked--;
        }
    }
}

/* How many are in their places, or on the way there, when all others have been
 * called off. Who is in its handler is about to say which it is. */
static uint32_t call_off_all(void)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < ck_threads.n; i++) {
        struct ck_slot *t = &ck_threads.slot[i];

        while (t->tid && !call_off(t)) {
            if (__atomic_load_n(&t->phase, __ATOMIC_ACQUIRE) == PARKING) {
                n++;
                break;
            }
            ck_sleep_us(50);
        }
    }
    return n;
}

static int wait_all(uint64_t end)
{
    while (__atomic_load_n(&ck_threads.parked, __ATOMIC_ACQUIRE) <
           (uint32_t)asked) {
        if (ck_futex_wait(&ck_threads.parked, ck_threads.parked, 10) ==
            -ETIMEDOUT)
            forget_ended();
        ask_again();
        if (ck_now_us() > end)
            return -ETIMEDOUT;
    }
    return 0;
}

int ck_stop_by_signal(int limit_ms, char *why, size_t cap)
{
    struct kernel_sigaction ours, before;
    uint64_t end = ck_now_us() + (uint64_t)limit_ms * 1000;
    int r, had;

    r = ck_threads_reserve(ck_thread_count() + 256);
    if (r)
        return r;
    ck_threads.n = ck_threads.parked = 0;
    ck_threads.leader_exited = 0;
    ck_threads.shared.n = ck_threads.shared.more = 0;
    ck_threads.ignored = ck_signals_ignored();
    asked = refused = 0;
    refusal = NULL;
    memset(&ours, 0, sizeof ours);
    ours.handler = handler;
    ours.flags = SA_SIGINFO | SA_RESTORER | SA_RESTART;
    ours.restorer = ck_stop_restorer;
    ours.mask = ~0ull;
    sys4(SYS_rt_sigaction, STOP_SIGNAL, &ours, &before, 8);
    do {
        had = asked;
        r = ck_each_number("/proc/self/task", signal_one, NULL);
        r = r ? r : refused;
        r = r ? r : wait_all(end);
    } while (!r && asked != had);
    ck_threads.standing = r ? call_off_all() : (uint32_t)asked;
    ck_rest_over();
    if (!r) {
        sys4(SYS_rt_sigaction, STOP_SIGNAL, &before, NULL, 8);
        return 0;
    }
    if (refusal || refused)
        ck_fmt(why, cap, "%s", refusal ? refusal :
               "more threads were made while others were stopped");
    else
        ck_fmt(why, cap, "%d of %d threads did not answer the stop signal "
               "(blocked or in an uninterruptible call)",
               asked - (int)ck_threads.standing, asked);
    ck_park_release();
    return r;
}
