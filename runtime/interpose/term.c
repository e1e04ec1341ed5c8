/*
 * term.c - a SIGTERM from Slurm is held back until it is known what for.
 *
 * When the grace time of a preemption begins, Slurm sends TERM to every
 * process of an srun step, at once and before anybody can ask Slurm about
 * it. Its default action would end the program in the moment in which it is
 * to be saved. So in a Slurm job SIGTERM has our handler. One that comes
 * from slurmstepd is noted, and the agent asks the coordinator: either the
 * last checkpoint is coming, and the program is held until the job is
 * requeued, or it is the program's own business, and it gets the signal a
 * moment late. Others are passed on at once.
 *
 * What the program sees of its own action is what it has set. A program that
 * ignores TERM, or that blocks it and waits for it, gets it from the kernel.
 * Without an agent that is connected nothing is held back.
 */
#include "runtime/interpose/term.h"

#include <string.h>

#include "lib/sys/fmt.h"
#include "runtime/agent.h"
#include "runtime/interpose/wrap.h"

int ck_term_on;
__thread uint32_t ck_term_swallowed;

static uint32_t held;
static struct sigaction program; /* its own action */

static void on_term(int sig, siginfo_t *info, void *context);

/* Ends this process as the default action would. */
static void end_by_default(int sig)
{
    struct sigaction dfl = {.sa_handler = SIG_DFL};
    uint64_t set = 1ull << (sig - 1);

    REAL(sigaction)(sig, &dfl, NULL);
    sys4(SYS_rt_sigprocmask, SIG_UNBLOCK, &set, NULL, 8);
    sys3(SYS_tgkill, sys0(SYS_getpid), sys0(SYS_gettid), sig);
}

static void pass_on(int sig, siginfo_t *info, void *context)
{
    struct sigaction a = program;

    if (a.sa_handler == SIG_IGN)
        return;
    if (a.sa_handler == SIG_DFL) {
        end_by_default(sig);
        return;
    }
    if (a.sa_flags & SA_RESETHAND)
        program = (struct sigaction){.sa_handler = SIG_DFL};
    if (ck_virt_active)
        info->si_pid = ck_out(info->si_pid);
    if (a.sa_flags & SA_SIGINFO)
        a.sa_sigaction(sig, info, context);
    else
        a.sa_handler(sig);
}

static int is_slurmstepd(pid_t pid)
{
    char path[64], comm[32];
    long n;

    if (pid == 0) /* from outside of this pid namespace */
        return 1;
    ck_fmt(path, sizeof path, "/proc/%d/comm", pid);
    n = ck_read_file(path, comm, sizeof comm);
    return n > 0 && !strncmp(comm, "slurmstepd", 10);
}

static void on_term(int sig, siginfo_t *info, void *context)
{
    int saved = errno;

    if (info->si_code == SI_USER && info->si_uid == 0 &&
        ck_agent_connected() && is_slurmstepd(info->si_pid)) {
        ck_term_swallowed++;
        __atomic_store_n(&held, 1, __ATOMIC_RELEASE);
    } else {
        pass_on(sig, info, context);
    }
    errno = saved;
}

static int install(const struct sigaction *act)
{
    struct sigaction ours = *act;

    if (act->sa_handler == SIG_IGN)
        return REAL(sigaction)(SIGTERM, act, NULL);
    if (act->sa_handler == SIG_DFL) {
        ours.sa_mask = (sigset_t){{0}};
        ours.sa_flags = SA_RESTART;
    }
    ours.sa_sigaction = on_term;
    ours.sa_flags = (ours.sa_flags | SA_SIGINFO) & ~SA_RESETHAND;
    return REAL(sigaction)(SIGTERM, &ours, NULL);
}

int ck_term_action(const struct sigaction *act, struct sigaction *old)
{
    struct sigaction before = program;

    if (act) {
        program = *act;
        if (install(act) < 0) {
            program = before;
            return -1;
        }
    }
    if (old)
        *old = before;
    return 0;
}

void ck_term_init(void)
{
    if (REAL(sigaction)(SIGTERM, NULL, &program) == 0 &&
        install(&program) == 0)
        ck_term_on = 1;
}

int ck_term_held(void)
{
    return __atomic_load_n(&held, __ATOMIC_ACQUIRE) != 0;
}

void ck_term_forget(void)
{
    __atomic_store_n(&held, 0, __ATOMIC_RELEASE);
}

void ck_term_deliver(void)
{
    ck_term_forget();
    sys2(SYS_kill, sys0(SYS_getpid), SIGTERM);
}

int ck_term_is_stale(const siginfo_t *info)
{
    return ck_term_on && info->si_signo == SIGTERM &&
           info->si_code == SI_USER && info->si_uid == 0 &&
           sys0(SYS_getuid) != 0;
}
