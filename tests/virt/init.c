/*
 * init.c - stands in for the runtime's core in the tests of the wrappers, so
 * that they need neither a coordinator nor a checkpoint: it turns the
 * wrappers on, loads a table (VIRT_TABLE), and stops the first thread over
 * and over (VIRT_HAMMER=continue or restart), as the parking code does:
 * note what remains, wait, refresh, make the interrupted call again.
 */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>
#include <unistd.h>

#include "lib/sys/fmt.h"
#include "lib/sys/syscall.h"
#include "runtime/agent.h"
#include "runtime/await.h"
#include "runtime/input.h"
#include "runtime/outside.h"
#include "runtime/runtime.h"
#include "runtime/thread.h"
#include "runtime/unseen.h"

CK_HIDDEN struct ck_rt ck_rt;
CK_HIDDEN int ck_ptracer;
CK_HIDDEN struct ck_threads ck_threads;

/* A child without fork handlers gets its agent from the wrappers: seen by
 * the test in its environment. */
void ck_agent_after_fork(void)
{
    setenv("VIRT_AGENT", "started", 1);
}

int ck_agent_start(void)
{
    return 0;
}

void ck_await_expect(int status)
{
    (void)status;
}

void ck_await_confined(void)
{
}

void ck_outside_tell(pid_t pid, const char *path, const char *why)
{
    (void)pid;
    (void)path;
    (void)why;
}

int32_t ck_inputs[CK_INPUTS_MAX];

void ck_input_opened(int fd, int flags)
{
    (void)fd;
    (void)flags;
}

int ck_input_again(void)
{
    return 0;
}

int ck_await_is_confined(void)
{
    return 0;
}

int32_t ck_agent_tid;

int ck_agent_leave(enum ck_leave how, int limit_ms)
{
    (void)how;
    (void)limit_ms;
    return 0;
}

int ck_agent_can_ask(void)
{
    return 0;
}

void ck_agent_ring(void)
{
}

/* SIGTERM has the action that the program has set. */
void ck_seen(ucontext_t *uc, int restarts)
{
    (void)uc;
    (void)restarts;
}

void ck_unseen(ucontext_t *uc)
{
    (void)uc;
}

/* There is no agent whose table could be in the way. */
void ck_agent_wait_table(int limit_ms)
{
    (void)limit_ms;
}

static pid_t victim;
static int restart;

#define STOP (SIGRTMAX - 1)
#define MS 1000000

/* The signal's value is the number of the call that it interrupts. */
static void on_stop(int sig, siginfo_t *info, void *context)
{
    ucontext_t *uc = context;
    greg_t *regs = uc->uc_mcontext.gregs;
    struct timespec t = {0, restart ? 5 * MS : 0};
    uint64_t pending = 0;

    (void)sig;
    if (regs[REG_RAX] != -4) /* EINTR */
        return;
    ck_deadline_parked();
    sys4(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, &t, NULL);
    if (!getenv("VIRT_BREAK"))
        ck_deadline_resumed(restart);
    sys2(SYS_rt_sigpending, &pending, sizeof(pending));
    if (pending >> (SIGALRM - 1) & 1)
        return; /* the program's own signal ends the call */
    regs[REG_RAX] = info->si_value.sival_int;
    regs[REG_RIP] -= 2;
}

static void *hammer(void *arg)
{
    char path[64], text[256];
    uint64_t all = ~0ull; /* signals are for the first thread */
    struct timespec t = {0, (restart ? 15 : 5) * MS};

    (void)arg;
    sys4(SYS_rt_sigprocmask, SIG_SETMASK, &all, NULL, 8);
    ck_fmt(path, sizeof(path), "/proc/self/task/%d/syscall", victim);
    for (;;) {
        const char *p = text;
        siginfo_t info = {.si_signo = STOP, .si_code = SI_QUEUE};
        long n;

        sys4(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, &t, NULL);
        n = ck_read_file(path, text, sizeof(text));
        if (n <= 0 || *p < '0' || *p > '9')
            continue;
        info.si_value.sival_int = (int)ck_parse_u64(&p, 10);
        info.si_pid = (int)sys0(SYS_getpid);
        sys4(SYS_rt_tgsigqueueinfo, info.si_pid, victim, STOP, &info);
    }
    return NULL;
}

static void start_hammer(const char *how)
{
    struct sigaction sa = {.sa_sigaction = on_stop, .sa_flags = SA_SIGINFO};
    pthread_t t;

    restart = !strcmp(how, "restart");
    victim = (pid_t)sys0(SYS_gettid);
    sigfillset(&sa.sa_mask);
    sigaction(STOP, &sa, NULL);
    pthread_create(&t, NULL, hammer, NULL);
}

static __attribute__((constructor)) void init(void)
{
    const char *dir = getenv("CKPT_DIR"), *table = getenv("VIRT_TABLE");
    const char *lib = getenv("VIRT_LIBRARY"), *how = getenv("VIRT_HAMMER");

    ck_real_init();
    if (!dir || !*dir)
        return;
    ck_real_own();
    snprintf(ck_rt.runtime_path, sizeof(ck_rt.runtime_path), "%s",
             lib ? lib : "/libckpt.so");
    snprintf(ck_rt.preload, sizeof(ck_rt.preload), "LD_PRELOAD=%.1000s",
             ck_rt.runtime_path);
    snprintf(ck_rt.env_dir, sizeof(ck_rt.env_dir), "CKPT_DIR=%s", dir);
    snprintf(ck_rt.env_tree, sizeof(ck_rt.env_tree), "CKPT_TREE=main");
    snprintf(ck_rt.env_stdio, sizeof(ck_rt.env_stdio), "CKPT_STDIO=p:1:2");
    ck_rt.enabled = 1;
    if (table && ck_virt_load(table) < 0)
        abort();
    if (how)
        start_hammer(how);
}
