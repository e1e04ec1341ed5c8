/* A program that goes into the background: what it started works on when it
 * is gone itself. h_daemon HOW */
#include "claim.h"

#include <sched.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>

extern char **environ;

static _Noreturn void work(void)
{
    setsid();
    claim_ready();
    claim_wait();
    claim_pass();
}

static int work_in(void *arg)
{
    (void)arg;
    work();
}

static char *const again[] = {(char *)"h_daemon", (char *)"work", NULL};

/* Its agent is there only when it has executed something: past libc. */
static void fork_unseen(void)
{
    long ret = SYS_fork;

    __asm__ volatile("syscall" : "+a"(ret) : : "rcx", "r11", "memory");
    if (ret)
        return;
    for (int i = 0; i < 400; i++)
        claim_nap();
    execv("/proc/self/exe", again);
    _exit(127);
}

int main(int argc, char **argv)
{
    const char *how = argc > 1 ? argv[1] : "work";
    static char stack[65536] __attribute__((aligned(16)));
    pid_t pid;

    if (!strcmp(how, "work"))
        work();
    if (!strcmp(how, "fork")) {
        if (fork() == 0)
            work();
    } else if (!strcmp(how, "twice")) {
        if (fork() == 0) {
            setsid();
            if (fork() == 0)
                work();
        }
    } else if (!strcmp(how, "daemon")) {
        CHECK(daemon(1, 0) == 0);
        work();
    } else if (!strcmp(how, "vfork")) {
        if (vfork() == 0) {
            execv("/proc/self/exe", again);
            _exit(127);
        }
    } else if (!strcmp(how, "spawn")) {
        CHECK(posix_spawn(&pid, "/proc/self/exe", NULL, NULL, again,
                          environ) == 0);
    } else if (!strcmp(how, "clone")) {
        CHECK(clone(work_in, stack + sizeof stack, SIGCHLD, NULL) > 0);
    } else if (!strcmp(how, "unseen")) {
        fork_unseen();
    } else {
        return 2;
    }
    _exit(0);
}
