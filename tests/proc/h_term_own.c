/*
 * h_term_own.c - a program's own dealings with SIGTERM in a Slurm job are what
 * they are without us: actions and what they report, who sends, and what other
 * signals do beside one that is held back. `bare` shows it without a runtime.
 *
 * Under the runtime the program runs as root of a user namespace, and stops
 * the coordinator, so that what a child sends that is called slurmstepd stays
 * held back.
 */
#include "claim.h"
#include "waits.h"

#include <pthread.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>

#pragma GCC diagnostic ignored "-Wdeprecated-declarations" /* siginterrupt */

static int bare;
static volatile int *terms, *usrs;
static volatile int in_handler; /* what was seen there */
static siginfo_t got;

static void on_term(int sig)
{
    sigset_t now;
    stack_t ss;

    (void)sig;
    ++*terms;
    sigprocmask(SIG_BLOCK, NULL, &now);
    sigaltstack(NULL, &ss);
    in_handler = sigismember(&now, SIGTERM) | sigismember(&now, SIGUSR1) << 1 |
                 (ss.ss_flags & SS_ONSTACK ? 4 : 0);
}

static void on_term_info(int sig, siginfo_t *info, void *context)
{
    (void)context;
    got = *info;
    on_term(sig);
}

static void on_usr(int sig)
{
    (void)sig;
    ++*usrs;
}

static void set(int flags, int masked)
{
    struct sigaction a = {.sa_flags = flags}, old;

    sigemptyset(&a.sa_mask);
    if (masked)
        sigaddset(&a.sa_mask, SIGUSR1);
    if (flags & SA_SIGINFO)
        a.sa_sigaction = on_term_info;
    else
        a.sa_handler = on_term;
    CHECK(sigaction(SIGTERM, &a, NULL) == 0);
    CHECK(sigaction(SIGTERM, NULL, &old) == 0);
    CHECK(old.sa_sigaction == a.sa_sigaction);
    CHECK_EQ(old.sa_flags & ~0x04000000, flags);
    CHECK_EQ(sigismember(&old.sa_mask, SIGUSR1), masked);
}

/* Comes before raise() returns. */
static void raised(int want)
{
    int before = *terms;

    in_handler = -1;
    CHECK(raise(SIGTERM) == 0);
    CHECK_EQ(*terms, before + 1);
    CHECK_EQ(in_handler, want);
    CHECK(kill(getpid(), SIGTERM) == 0);
    CHECK_EQ(*terms, before + 2);
}

static void actions(void)
{
    static char room[65536];
    stack_t ss = {.ss_sp = room, .ss_size = sizeof room};
    struct sigaction old;

    set(0, 0);
    raised(1);
    set(SA_RESTART, 1);
    raised(3);
    set(SA_NODEFER, 0);
    raised(0);
    CHECK(sigaltstack(&ss, NULL) == 0);
    set(SA_ONSTACK, 0);
    raised(5);
    set(SA_SIGINFO, 0);
    raised(1);
    CHECK_EQ(got.si_code, SI_USER);
    CHECK_EQ(got.si_pid, getpid());
    set(SA_RESETHAND, 0);
    CHECK(raise(SIGTERM) == 0);
    CHECK(sigaction(SIGTERM, NULL, &old) == 0 && old.sa_handler == SIG_DFL);
    CHECK(signal(SIGTERM, on_term) == SIG_DFL);
    CHECK(sigaction(SIGTERM, NULL, &old) == 0);
    CHECK((old.sa_flags & SA_RESTART) && old.sa_handler == on_term);
    CHECK(siginterrupt(SIGTERM, 1) == 0);
    CHECK(sigaction(SIGTERM, NULL, &old) == 0);
    CHECK(!(old.sa_flags & SA_RESTART) && old.sa_handler == on_term);
    CHECK(signal(SIGTERM, SIG_IGN) == on_term);
    CHECK(raise(SIGTERM) == 0);
    CHECK(signal(SIGTERM, on_term) == SIG_IGN);
    CHECK(sigaction(SIGTERM, NULL, &old) == 0);
    CHECK(!(old.sa_flags & SA_RESTART));
    CHECK(siginterrupt(SIGTERM, 0) == 0);
    CHECK(sigaction(SIGTERM, NULL, &old) == 0);
    CHECK(old.sa_flags & SA_RESTART);
}

/* ---- beside one that is held back ---- */

/* By slurmstepd, and until it is received. */
static void send_held(int pid)
{
    CHECK(prctl(PR_SET_NAME, "slurmstepd") == 0);
    CHECK(kill(pid, SIGTERM) == 0);
    UNTIL(waits_received(pid));
}

static void usr_acts(void (*handler)(int), int all)
{
    struct sigaction a = {.sa_handler = handler, .sa_flags = SA_RESTART};

    if (all)
        sigfillset(&a.sa_mask);
    CHECK(sigaction(SIGUSR1, &a, NULL) == 0);
}

static int waiting; /* a pipe: the handler runs */

static void on_usr_until_term(int sig)
{
    sigset_t s;

    (void)sig;
    ++*usrs;
    claim_tell(waiting);
    do
        sigpending(&s);
    while (!sigismember(&s, SIGTERM));
}

/* The handler of another signal has run, which keeps TERM blocked, and TERM
 * comes as it returns: pause() is over. */
static void comes_behind_another(void)
{
    int me = getpid(), p[2], before = *terms, st;
    pid_t child;

    set(SA_RESTART, 0);
    CHECK(pipe(p) == 0);
    waiting = p[1];
    usr_acts(on_usr_until_term, 1);
    *usrs = 0;
    CHECK((child = fork()) >= 0);
    if (!child) {
        UNTIL(waits_blocked(me, me) == SYS_pause);
        CHECK(kill(me, SIGUSR1) == 0);
        claim_hear(p[0]);
        send_held(me);
        _exit(0);
    }
    CHECK(pause() == -1 && errno == EINTR);
    CHECK_EQ(*usrs, 1);
    while (waitpid(child, &st, 0) < 0)
        CHECK(errno == EINTR);
    CHECK(st == 0);
    CHECK_EQ(*terms, before + bare);
}

static void *blocks(void *arg)
{
    sigset_t all;

    (void)arg;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, NULL);
    for (;;)
        pause();
    return NULL;
}

/* Waited for by sigwait(), another is what comes; and a signalfd, which is not
 * ours to answer for. */
static void is_not_waited_for(void)
{
    int me = getpid(), st, sig = 0, fd;
    struct signalfd_siginfo info;
    sigset_t s;
    pid_t child;

    sigemptyset(&s);
    sigaddset(&s, SIGTERM);
    sigaddset(&s, SIGUSR2);
    CHECK(sigprocmask(SIG_BLOCK, &s, NULL) == 0);
    CHECK((child = fork()) >= 0);
    if (!child) {
        UNTIL(waits_blocked(me, me) == SYS_rt_sigtimedwait);
        send_held(me);
        UNTIL(waits_blocked(me, me) == SYS_rt_sigtimedwait || bare);
        CHECK(kill(me, SIGUSR2) == 0);
        _exit(0);
    }
    CHECK(sigwait(&s, &sig) == 0);
    CHECK_EQ(sig, bare ? SIGTERM : SIGUSR2);
    claim_reap(child);
    if (bare)
        CHECK(sigwait(&s, &sig) == 0 && sig == SIGUSR2);
    CHECK((fd = signalfd(-1, &s, 0)) >= 0);
    CHECK((child = fork()) >= 0);
    if (!child) {
        UNTIL(waits_blocked(me, me) == SYS_read);
        send_held(me);
        _exit(0);
    }
    CHECK(read(fd, &info, sizeof info) == sizeof info);
    CHECK_EQ(info.ssi_signo, SIGTERM);
    while (waitpid(child, &st, 0) < 0)
        CHECK(errno == EINTR);
    close(fd);
    CHECK(sigprocmask(SIG_UNBLOCK, &s, NULL) == 0);
}

/* A process that was just made, which is not connected yet. */
static void comes_at_birth(void)
{
    int p[2], st, child, sender;

    CHECK(pipe(p) == 0);
    CHECK((child = fork()) >= 0);
    if (!child) {
        signal(SIGTERM, SIG_DFL);
        claim_hear(p[0]);
        _exit(7);
    }
    CHECK((sender = fork()) >= 0);
    if (!sender) {
        UNTIL(waits_blocked(child, child) == SYS_read);
        CHECK(prctl(PR_SET_NAME, "slurmstepd") == 0);
        CHECK(kill(child, SIGTERM) == 0);
        if (!bare)
            UNTIL(waits_received(child));
        claim_tell(p[1]);
        _exit(0);
    }
    claim_reap(sender);
    CHECK(waitpid(child, &st, 0) == child);
    CHECK(bare ? WIFSIGNALED(st) && WTERMSIG(st) == SIGTERM
               : WIFEXITED(st) && WEXITSTATUS(st) == 7);
    close(p[0]);
    close(p[1]);
}

/* A program that was just executed, and has not run at all yet. Another is
 * not: nothing of ours is in it, and its mask is as it was. */
static void comes_at_exec(void)
{
    int st, child, sender;

    CHECK((child = fork()) >= 0);
    if (!child) {
        CHECK(ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0);
        execl("/proc/self/exe", "h_term_own", "executed", (char *)NULL);
        _exit(1);
    }
    CHECK(waitpid(child, &st, 0) == child);
    CHECK(WIFSTOPPED(st) && WSTOPSIG(st) == SIGTRAP);
    CHECK((sender = fork()) >= 0);
    if (!sender) {
        CHECK(prctl(PR_SET_NAME, "slurmstepd") == 0);
        CHECK(kill(child, SIGTERM) == 0);
        _exit(0);
    }
    claim_reap(sender);
    CHECK(ptrace(PTRACE_DETACH, child, NULL, NULL) == 0);
    CHECK(waitpid(child, &st, 0) == child);
    CHECK(bare ? WIFSIGNALED(st) && WTERMSIG(st) == SIGTERM
               : WIFEXITED(st) && WEXITSTATUS(st) == 7);
    CHECK((child = fork()) >= 0);
    if (!child) {
        execl("/bin/sh", "sh", "-c", "cd /nowhere 2>/dev/null;"
              "env -i grep -q '^SigBlk:.0*$' /proc/self/status &&"
              "CKPT_DIR= LD_PRELOAD= grep -q '^SigBlk:.0*$' /proc/self/status",
              (char *)NULL);
        _exit(1);
    }
    claim_reap(child);
    CHECK(system("grep -q '^SigBlk:.0*$' /proc/self/status") == 0);
    CHECK(execl("/nowhere", "nowhere", (char *)NULL) == -1 && errno == ENOENT);
}

/* In it: no signal is blocked. */
static void executed(void)
{
    unsigned long long blocked = 1;
    char line[256];
    FILE *f = fopen("/proc/thread-self/status", "r");

    while (f && fgets(line, sizeof line, f))
        if (sscanf(line, "SigBlk: %llx", &blocked) == 1)
            break;
    _exit(blocked ? 3 : 7);
}

/* Root's, but not slurmstepd's: it has come when the agent has looked. */
static void of_somebody_else(void)
{
    int me = getpid(), before = *terms, child;

    set(SA_SIGINFO, 0);
    CHECK((child = fork()) >= 0);
    if (!child) {
        CHECK(kill(me, SIGTERM) == 0);
        UNTIL(*terms > before);
        _exit(0);
    }
    claim_reap(child);
    CHECK_EQ(*terms, before + 1);
    CHECK_EQ(got.si_code, SI_USER);
    CHECK_EQ(got.si_pid, child);
}

int main(int argc, char **argv)
{
    pthread_t t;

    if (argc > 1 && !strcmp(argv[1], "executed"))
        executed();
    bare = argc > 1 && !strcmp(argv[1], "bare");
    terms = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
                 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    usrs = terms + 1;
    if (!bare)
        waits_coordinator(SIGSTOP);
    usr_acts(on_usr, 0);
    for (int turn = 0; turn < 2; turn++) {
        actions();
        of_somebody_else();
        comes_at_birth();
        comes_at_exec();
        comes_behind_another();
        usr_acts(on_usr, 0);
        is_not_waited_for();
        if (!turn)
            CHECK(pthread_create(&t, NULL, blocks, NULL) == 0);
    }
    if (!bare)
        waits_coordinator(SIGCONT);
    claim_pass();
}
