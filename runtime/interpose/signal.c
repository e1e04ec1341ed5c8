/*
 * signal.c - signals to processes, and the sender's number in handlers.
 *
 * A handler that asked for siginfo is called through on_signal(), which
 * translates si_pid. It is so from the start and not only after a restart,
 * since handlers stay installed across one. What sigaction() and signal()
 * report is always the program's own handler. The table of handlers is
 * written before the kernel knows: a signal in between reaches the new
 * handler a moment early, never a wrong one.
 */
#include "runtime/interpose/peek.h"
#include "runtime/interpose/term.h"
#include "runtime/interpose/wrap.h"
#include "runtime/siginfo.h"

typedef void (*info_handler)(int, siginfo_t *, void *);

static info_handler handlers[_NSIG];

void ck_siginfo_out(siginfo_t *info)
{
    if (ck_siginfo_numbered(info))
        info->si_pid = ck_out(info->si_pid);
}

static void on_signal(int sig, siginfo_t *info, void *context)
{
    info_handler h = __atomic_load_n(&handlers[sig], __ATOMIC_ACQUIRE);

    if (__builtin_expect(ck_virt_active, 0))
        ck_siginfo_out(info);
    h(sig, info, context);
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

int sigwaitinfo(const sigset_t *set, siginfo_t *info)
{
    int r;

    ck_busy();
    r = REAL(sigwaitinfo)(set, info);
    if (r > 0 && info)
        ck_siginfo_out(info);
    ck_idle();
    return r;
}

int sigtimedwait(const sigset_t *set, siginfo_t *info,
                 const struct timespec *timeout)
{
    long args[6] = {(long)set, (long)info, 0, _NSIG / 8};
    long r;

    ck_busy();
    if (ck_finite_asked(timeout, ck_on_stack(timeout))) {
        r = ck_timed(SYS_rt_sigtimedwait, args, 2, timeout, NULL,
                     CLOCK_MONOTONIC, 1);
        /* as glibc reports a signal by tkill() */
        if (r > 0 && info && info->si_code == SI_TKILL)
            info->si_code = SI_USER;
        r = ck_ret(r);
    } else {
        r = REAL(sigtimedwait)(set, info, timeout);
    }
    if (r > 0 && info)
        ck_siginfo_out(info);
    ck_idle();
    return (int)r;
}

int sigaction(int sig, const struct sigaction *act, struct sigaction *old)
{
    info_handler before;
    struct sigaction ours;
    int replace, r;

    if (!ck_rt.enabled || sig <= 0 || sig >= _NSIG)
        return REAL(sigaction)(sig, act, old);
    if (sig == SIGTERM && ck_term_on)
        return ck_term_action(act, old);
    before = __atomic_load_n(&handlers[sig], __ATOMIC_ACQUIRE);
    replace = act && (act->sa_flags & SA_SIGINFO) &&
              act->sa_handler != SIG_DFL && act->sa_handler != SIG_IGN &&
              act->sa_sigaction != on_signal;
    if (replace) {
        ours = *act;
        __atomic_store_n(&handlers[sig], act->sa_sigaction, __ATOMIC_RELEASE);
        ours.sa_sigaction = on_signal;
        act = &ours;
    }
    r = REAL(sigaction)(sig, act, old);
    if (r < 0 && replace)
        __atomic_store_n(&handlers[sig], before, __ATOMIC_RELEASE);
    if (r == 0 && old && old->sa_sigaction == on_signal)
        old->sa_sigaction = before;
    return r;
}
CK_ALIAS(__sigaction, sigaction);

/* The old handler, as it was before the call that returned `old`. */
static __sighandler_t own(__sighandler_t old, info_handler before)
{
    return old == (__sighandler_t)(void *)on_signal
               ? (__sighandler_t)(void *)before
               : old;
}

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
        return term(handler, SA_RESTART);
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
