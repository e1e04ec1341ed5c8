/*
 * park.c - what a thread does between being stopped and going on.
 *
 * It runs on its slot's own small stack with all signals blocked, tells
 * what only it can know, waits, and ends in rt_sigreturn. Signals that
 * arrived meanwhile are pending: a call that would have been ended by one
 * (pause, a wait with a handler that does not restart) must then return
 * -EINTR and not be executed again, or it would wait for what has been.
 * Which thread a shared signal is for, the agent decides; see ck_park_decide.
 *
 * No libc, no errno; thread-local storage only through ck_deadline_*.
 */
#include <asm/prctl.h>
#include <errno.h>
#include <string.h>
#include <sys/prctl.h>

#include "lib/sys/fmt.h"
#include "lib/sys/syscall.h"
#include "runtime/thread.h"
#include "runtime/virt/sysv.h"

#ifndef PR_GET_TID_ADDRESS
#define PR_GET_TID_ADDRESS 40
#endif

struct ck_threads ck_threads;

/*
 * All, but not what the program ignores: a signal that is blocked is kept
 * even if it is ignored, and then wakes whatever other thread does not block
 * it any more or not yet, which ends a wait there that the program never
 * sees ended otherwise (sigtimedwait, epoll_wait).
 */
uint64_t ck_park_mask(const struct ck_slot *t)
{
    return ~ck_threads.ignored | t->mask;
}

static void tell(struct ck_slot *t)
{
    stack_t ss;
    uint64_t head = 0, len = 0, tid_address = 0;
    int sig = 0;
    long slack;

    memset(&ss, 0, sizeof ss);
    sys2(SYS_sigaltstack, NULL, &ss);
    /* The park stack is not the alternate one, so SS_ONSTACK is clear. */
    t->frame->uc_stack = ss;
    sys3(SYS_get_robust_list, 0, &head, &len);
    t->robust = head;
    t->robust_len = len;
    if (sys2(SYS_prctl, PR_GET_TID_ADDRESS, &tid_address) == 0)
        t->clear_tid = tid_address;
    sys2(SYS_prctl, PR_GET_NAME, t->name);
    sys2(SYS_prctl, PR_GET_PDEATHSIG, &sig);
    t->pdeathsig = sig;
    t->no_new_privs =
        sys5(SYS_prctl, PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1;
    t->personality = sys1(SYS_personality, 0xffffffff);
    t->keepcaps = sys1(SYS_prctl, PR_GET_KEEPCAPS) == 1;
    ck_sched_tell(t);
    ck_settings_tell(&t->settings);
    slack = sys1(SYS_prctl, PR_GET_TIMERSLACK);
    t->timerslack = slack > 0 ? (uint64_t)slack : 0;
}

/* A restarted program's stopped call holds numbers of the old run. */
static void renumber(struct ck_slot *t)
{
    greg_t *reg;

    if (t->sysv_kind)
        *ck_frame_arg(t->frame, 0) = ck_sysv_in(t->sysv_kind, t->sysv_arg);
    if (!t->vpid_arg)
        return;
    reg = ck_frame_arg(t->frame, t->sys.nr == SYS_waitid ? 1 : 0);
    *reg = ck_real_signed(t->vpid_arg);
}

static void before_going(struct ck_slot *t, int restarted)
{
    uint64_t pending = 0;

    if (restarted)
        renumber(t);
    if (t->tls)
        ck_deadline_resumed(restarted);
    if (t->tls && restarted)
        ck_cputime_resumed(&t->cpu);
    sys2(SYS_rt_sigpending, &pending, sizeof pending);
    if ((pending & ~t->mask) && t->sys.how) {
        __atomic_store_n(&t->decision, CK_DECIDE_ASKED, __ATOMIC_RELEASE);
        __atomic_add_fetch(&ck_threads.gone, 1, __ATOMIC_ACQ_REL);
        ck_futex_wake(&ck_threads.gone, 1);
        while (__atomic_load_n(&t->decision, __ATOMIC_ACQUIRE) ==
               CK_DECIDE_ASKED)
            ck_futex_wait(&t->decision, CK_DECIDE_ASKED, -1);
        if (t->decision == CK_DECIDE_EINTR)
            ck_frame_eintr(t->frame);
        return;
    }
    __atomic_add_fetch(&ck_threads.gone, 1, __ATOMIC_ACQ_REL);
    ck_futex_wake(&ck_threads.gone, 1);
}

static void do_errand(void)
{
    void (*fn)(void) =
        __atomic_exchange_n(&ck_threads.errand, NULL, __ATOMIC_ACQ_REL);

    if (!fn)
        return;
    fn();
    __atomic_store_n(&ck_threads.errand_done, 1, __ATOMIC_RELEASE);
    ck_futex_wake(&ck_threads.errand_done, 1);
}

/* One that was about to wait is woken again. */
void ck_park_errand(void (*fn)(void))
{
    __atomic_store_n(&ck_threads.errand_done, 0, __ATOMIC_RELEASE);
    __atomic_store_n(&ck_threads.errand, fn, __ATOMIC_RELEASE);
    while (!__atomic_load_n(&ck_threads.errand_done, __ATOMIC_ACQUIRE)) {
        ck_futex_wake(&ck_threads.go, 1 << 30);
        ck_futex_wait(&ck_threads.errand_done, 0, 1);
    }
}

/* One that gets no processor may come here when the others have gone on
 * already: the stop has failed without it. */
static void wait_for_go(struct ck_slot *t, int restarted)
{
    uint64_t mask = ck_park_mask(t);

    sys4(SYS_rt_sigprocmask, SIG_SETMASK, &mask, NULL, 8);
    if (restarted)
        ck_signals_requeue(t);
    t->decision = CK_DECIDE_NOTHING;
    __atomic_add_fetch(&ck_threads.parked, 1, __ATOMIC_ACQ_REL);
    ck_futex_wake(&ck_threads.parked, 1);
    while (__atomic_load_n(&ck_threads.go, __ATOMIC_ACQUIRE) == t->go) {
        do_errand();
        ck_futex_wait(&ck_threads.go, t->go, -1);
    }
    before_going(t, restarted);
}

static void rest(struct ck_slot *t)
{
    tell(t);
    if (t->tls) {
        ck_deadline_parked();
        ck_cputime_parked(&t->cpu);
    }
    wait_for_go(t, 0);
}

void ck_park_wait(struct ck_slot *t)
{
    rest(t);
    __atomic_add_fetch(&ck_threads.left, 1, __ATOMIC_ACQ_REL);
}

_Noreturn void ck_park(struct ck_slot *t)
{
    rest(t);
    ck_frame_return(t->frame, &ck_threads.left);
}

_Noreturn void ck_park_restarted(struct ck_slot *t)
{
    wait_for_go(t, 1);
    ck_frame_return(t->frame, &ck_threads.left);
}

/*
 * Does a signal that is pending now end the rewound call of t? Private ones
 * are t's own; a shared one goes to the first thread that does not block it
 * (kernel/signal.c, complete_signal). Only a signal with a handler ends a
 * call, and a plain restart (ERESTARTSYS) survives SA_RESTART.
 */
static int ends_call(const struct ck_slot *t)
{
    struct ck_sigsets sets;
    uint64_t own, shared;
    struct {
        uint64_t handler, flags, restorer, mask;
    } sa;

    if (ck_signal_sets(t->tid, &sets))
        return 0;
    shared = sets.shared;
    for (uint32_t i = 0; &ck_threads.slot[i] != t; i++)
        if (ck_threads.slot[i].tid)
            shared &= ck_threads.slot[i].mask;
    own = (sets.own | shared) & sets.caught & ~t->mask;
    for (int sig = 1; sig <= 64; sig++) {
        if (!(own >> (sig - 1) & 1) ||
            sys4(SYS_rt_sigaction, sig, NULL, &sa, 8) < 0)
            continue;
        if (t->sys.how < 512 || t->sys.how > 513 || !(sa.flags & SA_RESTART))
            return t->sys.how != 513;
    }
    return 0;
}

/*
 * A thread that goes on stands on the stack of its slot, and returns by the
 * frame there, for as long as others have the processor: often the agent is
 * the first whom its wake-up lets run. If it were stopped again now, the slot
 * would be filled anew beneath it.
 */
int ck_park_await_left(int limit_ms)
{
    uint64_t end = ck_now_us() + (uint64_t)limit_ms * 1000;

    while (__atomic_load_n(&ck_threads.left, __ATOMIC_ACQUIRE) <
           ck_threads.leaving) {
        if (ck_now_us() > end)
            return -EBUSY;
        ck_sleep_us(50);
    }
    return 0;
}

void ck_park_forget(void)
{
    ck_threads.left = ck_threads.leaving = ck_threads.standing = 0;
}

void ck_park_release(void)
{
    struct ck_threads *all = &ck_threads;
    uint32_t n = all->standing;

    all->gone = 0;
    all->parked = 0;
    all->left = 0;
    all->leaving = n;
    all->standing = 0;
    __atomic_add_fetch(&all->go, 1, __ATOMIC_ACQ_REL);
    ck_futex_wake(&all->go, 1 << 30);
    for (;;) {
        uint32_t gone = __atomic_load_n(&all->gone, __ATOMIC_ACQUIRE);

        if (gone >= n)
            break;
        ck_futex_wait(&all->gone, gone, 100);
    }
    for (uint32_t i = 0; i < all->n; i++) {
        struct ck_slot *t = &all->slot[i];

        if (__atomic_load_n(&t->decision, __ATOMIC_ACQUIRE) !=
            CK_DECIDE_ASKED)
            continue;
        __atomic_store_n(&t->decision,
                         ends_call(t) ? CK_DECIDE_EINTR : CK_DECIDE_RESTART,
                         __ATOMIC_RELEASE);
        ck_futex_wake(&t->decision, 1);
    }
}
