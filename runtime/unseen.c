/*
 * unseen.c - a system call that a signal has interrupted.
 *
 * Our handler of SIGTERM (interpose/term.c) learns only when it runs whether
 * the program is to notice the signal. It is installed with SA_RESTART, so
 * that most calls go on by themselves. When the program is not to notice:
 *
 * - A call that never restarts by itself (signal(7): epoll_wait, poll,
 *   nanosleep, semop, pause, ...) has returned -EINTR. It is made again, what
 *   remains of a timeout put in first where deadline.c knows it. If another
 *   signal waits that has a handler, the call is that one's to end.
 * - A transfer that was cut short is completed here (partial.c).
 *
 * When the program is to notice and wants no restart, a call that the kernel
 * is about to restart ends with -EINTR instead.
 *
 * How it stands with a call is told by rcx, which each call destroys: behind
 * it and when the kernel has set it up to be made again rcx is the address
 * behind. We put a mark of our own there: REWOUND, a call that never restarts
 * is to be made again, so that any handler that comes before that ends it
 * after all. SEEN, a handler of the program's has run, and that the call has
 * ended is its doing: a SIGTERM that it kept blocked comes when it returns,
 * right behind the call.
 *
 * What is left: a signal that comes while our handler begins or ends, within
 * a microsecond, whose handler was not installed through ours (signal.c), and
 * which then does not end such a call. A number that can't be told
 * (callnr.h): the call returns -EINTR.
 *
 * No libc, no errno; thread-local storage only through ck_deadline_*.
 */
#include "runtime/unseen.h"

#include <errno.h>
#include <linux/futex.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>

#include "lib/arch/x86_64/callnr.h"
#include "lib/arch/x86_64/frame.h"
#include "lib/sys/syscall.h"
#include "runtime/partial.h"
#include "runtime/proc.h"
#include "runtime/slots.h"

#define CALL 2      /* bytes of a syscall instruction */
#define FUNCTION 64 /* of one that does little else */

static const char mark[2];
#define REWOUND ((greg_t)(uintptr_t)&mark[0])
#define SEEN ((greg_t)(uintptr_t)&mark[1])

static int is_call(greg_t at)
{
    uint8_t code[CALL];

    return !ck_peek((uint64_t)at, code, sizeof code) && code[0] == 0x0f &&
           code[1] == 0x05;
}

/* The bytes in front of ip, as many as can be had; none of the page before, if
 * that is not there. */
static size_t code_before(uint64_t ip, uint8_t code[CK_CALLNR_BYTES])
{
    size_t n = CK_CALLNR_BYTES, in_page = ip % 4096;

    if (!ck_peek(ip - n, code, n))
        return n;
    n = in_page < n ? in_page : n;
    return n && !ck_peek(ip - n, code, n) ? n : 0;
}

/* It stands in memory: in a word of which the kernel has read a number. */
static int32_t number_at(uint64_t at)
{
    uint64_t word;

    return at && !ck_peek(at, &word, sizeof word) && word < CK_CALLS
               ? (int32_t)word
               : -1;
}

/* The function in which the call is was given the number. Its caller is found
 * on top of the stack, where it is not far from its first instruction. */
static int32_t given(const greg_t *g, int argument)
{
    uint64_t back, at, ip = (uint64_t)g[REG_RIP], start;
    uint8_t code[CK_CALLNR_BYTES];
    gregset_t caller;
    int32_t nr, distance;
    size_t n;

    if (ck_peek((uint64_t)g[REG_RSP], &back, sizeof back))
        return -1;
    n = code_before(back, code);
    if (n < CK_CALL_BYTES)
        return -1;
    memcpy(&distance, code + n - sizeof distance, sizeof distance);
    start = back + (uint64_t)(int64_t)distance;
    if (start >= ip || ip - start > FUNCTION)
        return -1;
    memcpy(caller, g, sizeof caller);
    caller[REG_RSP] += (greg_t)sizeof back;
    nr = ck_callnr_given(code, n, caller, argument, &at);
    return at ? number_at(at) : nr;
}

int32_t ck_call_behind(const greg_t *g)
{
    uint8_t code[CK_CALLNR_BYTES];
    int argument;
    uint64_t at;
    int32_t nr;

    if (g[REG_RCX] != g[REG_RIP])
        return -1;
    nr = ck_callnr(code, code_before((uint64_t)g[REG_RIP], code), g, &at,
                   &argument);
    if (argument >= 0)
        return given(g, argument);
    return at ? number_at(at) : nr;
}

/* Of those that wait, is one the program's to handle here when we return? Our
 * own comes again, and finds its mark. */
static int other_waits(const ucontext_t *uc)
{
    uint64_t waits = 0, mask;
    struct {
        uint64_t handler, flags, restorer, mask;
    } a;

    memcpy(&mask, &uc->uc_sigmask, sizeof mask);
    sys2(SYS_rt_sigpending, &waits, sizeof waits);
    waits &= ~(mask | 1ull << (SIGTERM - 1));
    for (int sig = 1; waits >> (sig - 1) && sig <= 64; sig++)
        if ((waits >> (sig - 1) & 1) &&
            sys4(SYS_rt_sigaction, sig, NULL, &a, 8) == 0 &&
            a.handler != (uintptr_t)SIG_DFL && a.handler != (uintptr_t)SIG_IGN)
            return 1;
    return 0;
}

void ck_unseen(ucontext_t *uc)
{
    greg_t *g = uc->uc_mcontext.gregs;
    int32_t nr = ck_call_behind(g);
    struct user_regs_struct r;
    uint64_t mask;

    if (nr < 0)
        return;
    if (g[REG_RAX] != -EINTR) {
        memcpy(&mask, &uc->uc_sigmask, sizeof mask);
        ck_frame_regs(&r, g);
        if (ck_partial(&r, nr))
            g[REG_RAX] = ck_partial_complete(&r, nr, mask);
        return;
    }
    /* close() has closed, whatever it says. */
    if (nr == SYS_close || other_waits(uc))
        return;
    if (ck_in_our_code((uint64_t)g[REG_RIP]))
        ck_deadline_again();
    g[REG_RAX] = nr;
    g[REG_RIP] -= CALL;
    g[REG_RCX] = REWOUND;
}

/* Calls that the kernel restarts whatever a handler asks for
 * (ERESTARTNOINTR). */
static int always_restarts(const greg_t *g)
{
    switch (g[REG_RAX]) {
    case SYS_fork:
    case SYS_vfork:
    case SYS_clone:
    case SYS_clone3:
    case SYS_execve:
    case SYS_execveat:
    case SYS_ptrace:
        return 1;
    case SYS_futex:
        switch (g[REG_RSI] & FUTEX_CMD_MASK) {
        case FUTEX_LOCK_PI:
        case FUTEX_LOCK_PI2:
        case FUTEX_WAIT_REQUEUE_PI:
            return 1;
        }
    }
    return 0;
}

void ck_seen(ucontext_t *uc, int restarts)
{
    greg_t *g = uc->uc_mcontext.gregs, at = g[REG_RIP], rcx = g[REG_RCX];

    if (rcx == REWOUND ||
        (rcx == at + CALL && !restarts && !always_restarts(g))) {
        if (!is_call(at))
            return;
        ck_frame_eintr(uc);
        g[REG_RCX] = SEEN;
    } else if (rcx == at && is_call(at - CALL)) {
        g[REG_RCX] = SEEN;
    }
}
