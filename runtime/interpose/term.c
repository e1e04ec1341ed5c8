/*
 * term.c - a SIGTERM from Slurm is held back until it is known what for.
 *
 * When the grace time of a preemption begins, Slurm sends TERM to every
 * process of an srun step, at once and before anybody can ask Slurm about
 * it. Its default action would end the program in the moment in which it is
 * to be saved. So in a Slurm job SIGTERM has our handler. One that root has
 * sent is noted, and the agent looks who it was, with a descriptor table of
 * its own. If it was slurmstepd it asks the coordinator: either the last
 * checkpoint is coming, and the program is held until the job is requeued, or
 * it is the program's own business, and it gets the signal a moment late,
 * with what was told of its sender. Others are passed on at once.
 *
 * What is held back the program does not notice, whatever it is doing, and
 * what is passed on does what it would do without us (unseen.c). A program
 * that waits for TERM by sigwait() and its like does not get what is held
 * back either. One that reads it from a signalfd, or ignores it, gets it from
 * the kernel, as do those that install handlers by their own system calls
 * (Go). Without an agent that can ask, or will when it is connected, nothing is
 * held back.
 *
 * What the program sees of its own action is what it has set.
 */
#include "runtime/interpose/term.h"

#include <string.h>

#include "lib/sys/fmt.h"
#include "runtime/agent.h"
#include "runtime/interpose/wrap.h"
#include "runtime/proc.h"
#include "runtime/unseen.h"

int ck_term_on;

static uint32_t noted, late; /* late: the agent sends it to the program */
static siginfo_t came, told; /* of the one noted, of the one sent */
static int held;             /* the agent's: one of Slurm's is, */
static siginfo_t kept;       /* which is this */
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

    if (a.sa_handler == SIG_DFL) {
        end_by_default(sig);
        return;
    }
    if (a.sa_flags & SA_RESETHAND)
        program = (struct sigaction){.sa_handler = SIG_DFL};
    if (ck_virt_active)
        ck_siginfo_out(info);
    ck_seen(context, a.sa_flags & SA_RESTART);
    if (a.sa_flags & SA_SIGINFO)
        a.sa_sigaction(sig, info, context);
    else
        a.sa_handler(sig);
}

/* Nothing else is to come while it is not known whether this has come. */
static void on_term(int sig, siginfo_t *info, void *context)
{
    uint64_t all = ~0ull, mask;

    sys4(SYS_rt_sigprocmask, SIG_SETMASK, &all, &mask, 8);
    if (ck_term_keep(info) || program.sa_handler == SIG_IGN) {
        ck_unseen(context);
        return;
    }
    sys4(SYS_rt_sigprocmask, SIG_SETMASK, &mask, NULL, 8);
    pass_on(sig, info, context);
}

int ck_term_keep(siginfo_t *info)
{
    if (!ck_term_on || info->si_code != SI_USER)
        return 0;
    if (info->si_pid == ck_getpid()) { /* by the agent, perhaps */
        if (__atomic_exchange_n(&late, 0, __ATOMIC_ACQ_REL))
            *info = told;
        return 0;
    }
    if (info->si_uid != 0 || !ck_agent_can_ask())
        return 0;
    came = *info;
    __atomic_store_n(&noted, 1, __ATOMIC_RELEASE);
    ck_agent_ring();
    return 1;
}

/* SA_RESTART always: what the program wants is seen to by unseen.c. */
static int install(const struct sigaction *act)
{
    struct sigaction ours = *act;

    if (act->sa_handler == SIG_IGN)
        return REAL(sigaction)(SIGTERM, act, NULL);
    if (act->sa_handler == SIG_DFL) {
        ours.sa_mask = (sigset_t){{0}};
        ours.sa_flags = 0;
    }
    ours.sa_sigaction = on_term;
    ours.sa_flags = (ours.sa_flags | SA_SIGINFO | SA_RESTART) & ~SA_RESETHAND;
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

/*
 * A program that was just executed has the default action. So SIGTERM stays
 * blocked until the runtime is there. Signal 33 beside it says that it was not
 * the program: that one is glibc's own, which no program can block.
 */
#define SHUT (1ull << (SIGTERM - 1) | 1ull << (33 - 1))

int ck_term_shut(void)
{
    uint64_t set = SHUT, mask = 0;

    if (program.sa_handler == SIG_IGN)
        return 0;
    sys4(SYS_rt_sigprocmask, SIG_BLOCK, &set, &mask, 8);
    if (!(mask & SHUT))
        return 1;
    sys4(SYS_rt_sigprocmask, SIG_SETMASK, &mask, NULL, 8);
    return 0;
}

int ck_term_was_shut(void)
{
    uint64_t mask = 0;

    sys4(SYS_rt_sigprocmask, SIG_BLOCK, NULL, &mask, 8);
    return (mask & SHUT) == SHUT;
}

void ck_term_open(void)
{
    uint64_t set = SHUT;

    sys4(SYS_rt_sigprocmask, SIG_UNBLOCK, &set, NULL, 8);
}

int ck_term_interrupts(int yes)
{
    struct sigaction act = program;

    act.sa_flags = yes ? act.sa_flags & ~SA_RESTART
                       : act.sa_flags | SA_RESTART;
    return ck_term_action(&act, NULL);
}

void ck_term_init(void)
{
    if (REAL(sigaction)(SIGTERM, NULL, &program) == 0 &&
        install(&program) == 0)
        ck_term_on = 1;
}

/* One that is gone, or is not to be looked at (/proc mounted with hidepid, from
 * outside of this pid namespace), may have been: the coordinator will know. */
static int may_be_slurms(pid_t pid)
{
    char path[64], comm[32];
    long n;

    ck_fmt(path, sizeof path, "/proc/%d/comm", pid);
    n = ck_read_file(path, comm, sizeof comm);
    return n <= 0 || !strncmp(comm, "slurmstepd", 10);
}

static void send_late(const siginfo_t *info)
{
    told = *info;
    __atomic_store_n(&late, 1, __ATOMIC_RELEASE);
    sys2(SYS_kill, ck_getpid(), SIGTERM);
}

int ck_term_held(void)
{
    siginfo_t info;

    if (__atomic_exchange_n(&noted, 0, __ATOMIC_ACQ_REL)) {
        info = came;
        if (may_be_slurms(info.si_pid)) {
            kept = info;
            held = 1;
        } else {
            send_late(&info);
        }
    }
    return held;
}

void ck_term_deliver(void)
{
    if (held)
        send_late(&kept);
    else
        sys2(SYS_kill, ck_getpid(), SIGTERM);
    held = 0;
}

void ck_term_forget(void)
{
    held = 0;
    __atomic_store_n(&noted, 0, __ATOMIC_RELEASE);
    __atomic_store_n(&late, 0, __ATOMIC_RELEASE);
}

int ck_term_is_stale(const siginfo_t *info)
{
    return ck_term_on && info->si_signo == SIGTERM &&
           info->si_code == SI_USER && info->si_uid == 0 &&
           sys0(SYS_getuid) != 0;
}
