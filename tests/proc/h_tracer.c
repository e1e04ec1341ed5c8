/* Runs its arguments and stops each of their system calls, as strace -f does,
 * until there is a file `detach`. Ends with the program's status. */
#include "claim.h"

#include <sys/ptrace.h>

int main(int argc, char **argv)
{
    const long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE |
                         PTRACE_O_TRACEFORK | PTRACE_O_TRACEEXEC;
    int st = 0, leaving = 0;
    pid_t child = fork(), pid;

    CHECK(child >= 0 && argc > 1);
    if (child == 0) {
        CHECK(ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0);
        CHECK(raise(SIGSTOP) == 0);
        execv(argv[1], argv + 1);
        _exit(127);
    }
    CHECK(waitpid(child, &st, 0) == child && WIFSTOPPED(st));
    CHECK(ptrace(PTRACE_SETOPTIONS, child, NULL, (void *)options) == 0);
    CHECK(ptrace(PTRACE_SYSCALL, child, NULL, NULL) == 0);
    while ((pid = waitpid(-1, &st, __WALL)) > 0) {
        int sig = WIFSTOPPED(st) ? WSTOPSIG(st) : 0;

        if (pid == child && !WIFSTOPPED(st))
            return WIFEXITED(st) ? WEXITSTATUS(st) : 128 + WTERMSIG(st);
        if (!WIFSTOPPED(st))
            continue;
        if (sig == (SIGTRAP | 0x80) || sig == SIGTRAP || sig == SIGSTOP)
            sig = 0;
        leaving |= access(claim_path("detach"), F_OK) == 0;
        ptrace(leaving ? PTRACE_DETACH : PTRACE_SYSCALL, pid, NULL,
               (void *)(long)sig);
    }
    return 1;
}
