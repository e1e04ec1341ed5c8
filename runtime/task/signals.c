/*
 * signals.c - what signals do, and those that were sent and not yet seen.
 *
 * Actions are read by the agent, which shares them. Pending signals were
 * read by the tracer (stop.c) into the threads' slots; they are queued again
 * with the information that they had, which a process may do to itself.
 */
#include <errno.h>
#include <string.h>

#include "lib/sys/fmt.h"
#include "lib/sys/syscall.h"
#include "runtime/interpose/term.h"
#include "runtime/task/task.h"
#include "runtime/thread.h"

struct action {
    uint64_t handler, flags, restorer, mask;
};

static struct action saved[65];

/* Was it sent by a process, so that it carries a number? */
static int from_process(const siginfo_t *i)
{
    return (i->si_code <= 0 && i->si_code != SI_TIMER &&
            i->si_code != SI_ASYNCIO) ||
           i->si_signo == SIGCHLD;
}

static void number(struct ck_pending *p, pid_t (*to)(pid_t))
{
    for (uint32_t i = 0; i < p->n; i++)
        if (from_process(&p->info[i]))
            p->info[i].si_pid = to(p->info[i].si_pid);
}

static void number_all(pid_t (*to)(pid_t))
{
    number(&ck_threads.shared, to);
    for (uint32_t i = 0; i < ck_threads.n; i++)
        number(&ck_threads.slot[i].pending, to);
}

int ck_signals_save(char *why, size_t cap)
{
    number_all(ck_virt_of);
    for (int sig = 1; sig <= 64; sig++) {
        long r = sys4(SYS_rt_sigaction, sig, NULL, &saved[sig], 8);

        if (r < 0) {
            ck_fmt(why, cap, "action of signal %d can't be read", sig);
            return (int)r;
        }
    }
    return 0;
}

static int queue(const struct ck_pending *p, const struct ck_slot *t)
{
    for (uint32_t i = 0; i < p->n; i++) {
        const siginfo_t *info = &p->info[i];
        int sig = info->si_signo;
        long r;

        if (ck_term_is_stale(info))
            continue;
        r = t ? sys4(SYS_rt_tgsigqueueinfo, ck_getpid(), t->tid, sig, info)
              : sys3(SYS_rt_sigqueueinfo, ck_getpid(), sig, info);

        if (r < 0)
            return (int)r;
    }
    return 0;
}

int ck_signals_restore(enum ck_stage stage, char *why, size_t cap)
{
    int r = 0;

    for (int sig = 1; stage == CK_STAGE_EARLY && sig <= 64; sig++)
        if (sig != SIGKILL && sig != SIGSTOP)
            sys4(SYS_rt_sigaction, sig, &saved[sig], NULL, 8);
    if (stage == CK_STAGE_EARLY)
        return 0;
    number_all(ck_real_of);
    r = queue(&ck_threads.shared, NULL);
    for (uint32_t i = 0; !r && i < ck_threads.n; i++)
        if (ck_threads.slot[i].tid)
            r = queue(&ck_threads.slot[i].pending, &ck_threads.slot[i]);
    if (r)
        ck_fmt(why, cap, "a pending signal can't be queued (error %d)", -r);
    return r;
}
