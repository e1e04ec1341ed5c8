/*
 * signal.c - signals to processes, and the sender's number in handlers.
 *
 * A handler that asked for siginfo is called through on_signal(), which
 * translates si_pid. It is so from the start and not only after a restart,
 * since handlers stay installed across one. Where SIGTERM is kept (term.c), so
 * is each that keeps SIGTERM blocked: a TERM that comes when such a handler
 * returns has not interrupted what the handler has (unseen.c). What sigaction()
 * and signal() report is always the program's own handler. The table of handlers is
 * written before the kernel knows: a signal in between reaches the new
 * handler a moment early, never a wrong one.
 */
#include "runtime/interpose/peek.h"
#include "runtime/interpose/term.h"
#include "runtime/interpose/wrap.h"
#include "runtime/siginfo.h"
#include "runtime/unseen.h"

typedef void (*info_handler)(int, siginfo_t *, void *);

static info_handler handlers[_NSIG];

void ck_siginfo_out(siginfo_t *info)
{
    if (ck_siginfo_numbered(info))
        info->si_pid = ck_out(info->si_pid);
}

/* The number as the kernel has it must not live through a restart: no thread is
 * left in CK_ENTRY code, nor in a window. A window that the signal has
 * interrupted is still one afterwards. */
CK_ENTRY static void on_signal(int sig, siginfo_t *info, void *context)
{
    info_handler h = __atomic_load_n(&handlers[sig], __ATOMIC_ACQUIRE);

    if (ck_term_on)
        ck_seen(context, 1);
    if (__builtin_expect(ck_virt_active, 0)) {
        int busy = ck_virt_busy;

        ck_busy();
        ck_siginfo_out(info);
        if (!busy)
            ck_idle();
    }
    h(sig, info, context);
}

/* Of a handler that has not asked for siginfo: there is none. */
static void on_plain(int sig, siginfo_t *info, void *context)
{
    info_handler h = __atomic_load_n(&handlers[sig], __ATOMIC_ACQUIRE);

    ck_seen(context, 1);
    h(sig, info, context);
}

static int is_ours(const struct sigaction *a)
{
    return a->sa_sigaction == on_signal || a->sa_sigaction == on_plain;
}

/* What is entered in place of the handler of `a`, or NULL. */
static info_handler entry_of(const struct sigaction *a)
{
    if (a->sa_handler == SIG_DFL || a->sa_handler == SIG_IGN || is_ours(a))
        return NULL;
    if (a->sa_flags & SA_SIGINFO)
        return on_signal;
    return ck_term_on && sigismember(&a->sa_mask, SIGTERM) ? on_plain : NULL;
}

int kill(pid_t pid, int sig)
{
    return CK_CALL(REAL(kill)(ck_in_signed(pid), sig));
}

int killpg(pid_t pgrp, int sig)
{
    return CK_CALL(REAL(killpg)(ck_in(pgrp), sig));
}

int tgkill(pid_t pid, pid_t tid, int sig)
{
    return CK_CALL(REAL(tgkill)(ck_in(pid), ck_in(tid), sig));
}

int sigqueue(pid_t pid, int sig, const union sigval value)
{
    return CK_CALL(REAL(sigqueue)(ck_in(pid), sig, value));
}

int pthread_sigqueue(pthread_t thread, int sig, const union sigval value)
{
    return CK_CALL(REAL(pthread_sigqueue)(thread, sig, value));
}

/* As glibc has it: by raw system calls, and a signal by tkill() is reported
 * as one by kill(). */
static int wait_for(const sigset_t *set, siginfo_t *info,
                    const struct timespec *timeout)
{
    const long a[6] = {(long)set, (long)info, (long)timeout, _NSIG / 8};
    long r;

    ck_busy();
    r = ck_sigtimedwait(a, 1);
    if (r > 0 && info) {
        if (info->si_code == SI_TKILL)
            info->si_code = SI_USER;
        ck_siginfo_out(info);
    }
    ck_idle();
    return (int)ck_ret(r);
}

int sigwaitinfo(const sigset_t *set, siginfo_t *info)
{
    if (!ck_rt.enabled)
        return REAL(sigwaitinfo)(set, info);
    return wait_for(set, info, NULL);
}

int sigtimedwait(const sigset_t *set, siginfo_t *info,
                 const struct timespec *timeout)
{
    if (!ck_rt.enabled)
        return REAL(sigtimedwait)(set, info, timeout);
    return wait_for(set, info, timeout);
}

int sigwait(const sigset_t *set, int *sig)
{
    siginfo_t info;
    int saved = errno, r;

    if (!ck_rt.enabled)
        return REAL(sigwait)(set, sig);
    do
        r = wait_for(set, &info, NULL);
    while (r < 0 && errno == EINTR);
    if (r < 0) {
        r = errno;
    } else {
        *sig = r;
        r = 0;
    }
    errno = saved;
    return r;
}

int sigaction(int sig, const struct sigaction *act, struct sigaction *old)
{
    info_handler before, entry = NULL;
    struct sigaction ours;
    int r;

    if (!ck_rt.enabled || sig <= 0 || sig >= _NSIG)
        return REAL(sigaction)(sig, act, old);
    if (sig == SIGTERM && ck_term_on)
        return ck_term_action(act, old);
    before = __atomic_load_n(&handlers[sig], __ATOMIC_ACQUIRE);
    if (act)
        entry = entry_of(act);
    if (entry) {
        ours = *act;
        __atomic_store_n(&handlers[sig], act->sa_sigaction, __ATOMIC_RELEASE);
        ours.sa_sigaction = entry;
        act = &ours;
    }
    r = REAL(sigaction)(sig, act, old);
    if (r < 0 && entry)
        __atomic_store_n(&handlers[sig], before, __ATOMIC_RELEASE);
    if (r == 0 && old && is_ours(old))
        old->sa_sigaction = before;
    return r;
}
CK_ALIAS(__sigaction, sigaction);

/* The old handler, as it was before the call that returned `old`. */
static __sighandler_t own(__sighandler_t old, info_handler before)
{
    const struct sigaction a = {.sa_handler = old};

    return is_ours(&a) ? (__sighandler_t)(void *)before : old;
}

static int interrupts; /* siginterrupt(SIGTERM): its next signal() */

/* signal(), sysv_signal() and sigset() of SIGTERM, where it is kept. */
static __sighandler_t term(__sighandler_t handler, int flags)
{
    struct sigaction act = {.sa_handler = handler, .sa_flags = flags}, old;

    if (handler == SIG_ERR) {
        errno = EINVAL;
        return SIG_ERR;
    }
    return ck_term_action(&act, &old) < 0 ? SIG_ERR : old.sa_handler;
}

/* libc has changed our flags, not the program's. */
int siginterrupt(int sig, int yes)
{
    int r = REAL(siginterrupt)(sig, yes);

    if (r < 0 || sig != SIGTERM || !ck_term_on)
        return r;
    interrupts = yes != 0;
    return ck_term_interrupts(yes);
}

int sigignore(int sig)
{
    struct sigaction act = {.sa_handler = SIG_IGN};

    if (sig == SIGTERM && ck_term_on)
        return ck_term_action(&act, NULL);
    return REAL(sigignore)(sig);
}

static info_handler before_call(int sig)
{
    return sig > 0 && sig < _NSIG
               ? __atomic_load_n(&handlers[sig], __ATOMIC_ACQUIRE)
               : NULL;
}

__sighandler_t signal(int sig, __sighandler_t handler)
{
    info_handler before = before_call(sig);

    if (sig == SIGTERM && ck_term_on)
        return term(handler, interrupts ? 0 : SA_RESTART);
    return own(REAL(signal)(sig, handler), before);
}
CK_ALIAS(bsd_signal, signal);
CK_ALIAS(ssignal, signal);

__sighandler_t sysv_signal(int sig, __sighandler_t handler)
{
    info_handler before = before_call(sig);

    if (sig == SIGTERM && ck_term_on)
        return term(handler, SA_RESETHAND | SA_NODEFER);
    return own(REAL(sysv_signal)(sig, handler), before);
}
CK_ALIAS(__sysv_signal, sysv_signal);

__sighandler_t sigset(int sig, __sighandler_t disp)
{
    info_handler before = before_call(sig);

    /* SIG_HOLD only blocks it */
    if (sig == SIGTERM && ck_term_on && disp != (__sighandler_t)2)
        return term(disp, 0);
    return own(REAL(sigset)(sig, disp), before);
}
