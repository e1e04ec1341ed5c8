/* Two children that stand stopped on their way out of the call that has made
 * their agents, until the file `exec` is there: one whose agent has run, and
 * one whose agent has not. */
#include "claim.h"

#include <sched.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>

static void child(const char *script)
{
    CHECK(ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0);
    CHECK(raise(SIGSTOP) == 0);
    execl("/bin/sh", "sh", "-c", script, (char *)NULL);
    _exit(127);
}

static void wait_for_name(pid_t pid, long tid)
{
    char path[80], name[32] = "";
    FILE *f;

    snprintf(path, sizeof path, "/proc/%d/task/%ld/comm", (int)pid, tid);
    while (strcmp(name, "ckpt-agent\n")) {
        CHECK((f = fopen(path, "r")) != NULL);
        CHECK(fgets(name, sizeof name, f) != NULL);
        fclose(f);
    }
}

/* Until it has made a thread; a shell makes none of its own. */
static void run_to_thread(pid_t pid, int agent_ran)
{
    struct user_regs_struct r = {0};
    int st;

    CHECK(waitpid(pid, &st, 0) == pid && WIFSTOPPED(st));
    CHECK(ptrace(PTRACE_SETOPTIONS, pid, NULL,
                 (void *)(long)PTRACE_O_TRACESYSGOOD) == 0);
    do {
        CHECK(ptrace(PTRACE_SYSCALL, pid, NULL, NULL) == 0);
        CHECK(waitpid(pid, &st, 0) == pid && WIFSTOPPED(st));
        CHECK(ptrace(PTRACE_GETREGS, pid, NULL, &r) == 0);
    } while (WSTOPSIG(st) != (SIGTRAP | 0x80) || r.orig_rax != SYS_clone ||
             !(r.rdi & CLONE_THREAD) || (long)r.rax <= 0);
    if (agent_ran)
        wait_for_name(pid, (long)r.rax);
    CHECK(ptrace(PTRACE_DETACH, pid, NULL, (void *)(long)SIGSTOP) == 0);
    CHECK(waitpid(pid, &st, WUNTRACED) == pid && WIFSTOPPED(st));
}

static pid_t start(const char *script, int agent_ran)
{
    pid_t pid = fork();

    CHECK(pid >= 0);
    if (pid == 0)
        child(script);
    run_to_thread(pid, agent_ran);
    return pid;
}

int main(void)
{
    char script[4300];
    int st = 0, got, going = 0;
    pid_t pid[2];

    snprintf(script, sizeof script,
             "until [ -e '%s' ]; do read -r x </dev/null; done; exit 5",
             claim_path("verify"));
    for (int i = 0; i < 2; i++)
        pid[i] = start(script, i);
    claim_ready();
    while ((got = waitpid(pid[0], &st, WNOHANG)) == 0) {
        unlink(claim_path("ping"));
        if (!going && access(claim_path("exec"), F_OK) == 0) {
            CHECK(kill(pid[0], SIGCONT) == 0 && kill(pid[1], SIGCONT) == 0);
            going = 1;
        }
    }
    CHECK_EQ(got, pid[0]);
    CHECK(WIFEXITED(st) && WEXITSTATUS(st) == 5);
    CHECK_EQ(waitpid(pid[1], &st, 0), pid[1]);
    CHECK(WIFEXITED(st) && WEXITSTATUS(st) == 5);
    claim_pass();
}
