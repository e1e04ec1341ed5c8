/* m_signals.c - signals with data: queued while they are blocked, taken in
 * their order by a handler on its own stack, by sigwaitinfo, or through a
 * descriptor; masks are what they were. */
#include "torture.h"

#include <sys/signalfd.h>

#define RT (SIGRTMIN + 2)

static struct inst *me;
static volatile unsigned next;
static pid_t sender[64]; /* of number n, modulo 64 */
static char stack[65536];

static void handler(int sig, siginfo_t *si, void *uc)
{
    char here;
    int saved = errno;

    (void)uc;
    if (sig != RT || si->si_code != SI_QUEUE || si->si_pid != sender[next % 64] ||
        si->si_value.sival_int != (int)next ||
        &here < stack || &here >= stack + sizeof stack)
        fault(me, __FILE__, __LINE__, "signal %d, code %d, from %d, value %d; wanted %u from %d",
              sig, si->si_code, (int)si->si_pid, si->si_value.sival_int, next,
              (int)sender[next % 64]);
    next++;
    errno = saved;
}

/* By this process, or by a child that has ended when it is taken. */
static void send_one(struct inst *t, unsigned n, int by_child)
{
    union sigval v = {.sival_int = (int)n};
    pid_t pid = by_child ? fork() : 0;

    NEED(t, pid >= 0);
    if (pid) {
        sender[n % 64] = pid;
        reap(t, pid, 0);
        return;
    }
    if (!by_child)
        sender[n % 64] = getpid();
    NEED(t, sigqueue(by_child ? getppid() : getpid(), RT, v) == 0);
    if (by_child)
        _exit(0);
}

static void take(struct inst *t, unsigned sent, int fd, int how)
{
    struct signalfd_siginfo si;
    sigset_t one;
    siginfo_t w;

    sigemptyset(&one);
    sigaddset(&one, RT);
    while (next < sent)
        if (how == 0) {
            NEED(t, sigprocmask(SIG_UNBLOCK, &one, NULL) == 0);
            NEED(t, sigprocmask(SIG_BLOCK, &one, NULL) == 0);
        } else if (how == 1) {
            SAME(t, sigwaitinfo(&one, &w), RT);
            SAME(t, w.si_value.sival_int, next);
            SAME(t, w.si_pid, sender[next % 64]);
            next++;
        } else {
            get(t, fd, &si, sizeof si);
            SAME(t, si.ssi_int, next);
            next++;
        }
}

static void run(struct inst *t, int part)
{
    struct sigaction sa = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    stack_t ss = {.ss_sp = stack, .ss_size = sizeof stack};
    struct rng r = rng_of(t, part);
    sigset_t all, now, pending;
    unsigned sent = 0;
    int fd;

    me = t;
    sigemptyset(&all);
    sigaddset(&all, RT);
    NEED(t, (fd = signalfd(-1, &all, 0)) >= 0);
    sigfillset(&all);
    NEED(t, sigaltstack(&ss, NULL) == 0 && sigaction(RT, &sa, NULL) == 0);
    for (;;) {
        for (unsigned i = 1 + rnd(&r, 5); i > 0; i--) {
            send_one(t, sent++, rnd(&r, 4) == 0);
            nap(t, &r);
        }
        NEED(t, sigpending(&pending) == 0 && sigismember(&pending, RT));
        if (damage(t, part))
            next++;
        take(t, sent, fd, (int)rnd(&r, 3));
        NEED(t, sigpending(&pending) == 0 && !sigismember(&pending, RT));
        NEED(t, sigprocmask(SIG_BLOCK, NULL, &now) == 0);
        NEED(t, sigismember(&now, RT) && sigismember(&now, SIGUSR1) && !sigismember(&now, SIGKILL));
        beat(t, part);
    }
}

const struct module module_signals = {.name = "signals", .parts = 1, .solo = 1, .run = run};
