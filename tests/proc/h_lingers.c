/* h_lingers PID: keeps a process that was killed from ending for a while,
 * where the kernel has not taken anything from it yet. */
#include "claim.h"

#include <sys/ptrace.h>
#include <sys/stat.h>

int main(int argc, char **argv)
{
    pid_t pid = argc > 1 ? atoi(argv[1]) : 0;
    int st;

    if (ptrace(PTRACE_SEIZE, pid, 0, PTRACE_O_TRACEEXIT) < 0)
        return 77;
    CHECK(mkdir("seized", 0700) == 0);
    do
        CHECK(waitpid(pid, &st, __WALL) == pid && WIFSTOPPED(st));
    while (st >> 16 != PTRACE_EVENT_EXIT);
    CHECK(mkdir("killed", 0700) == 0);
    while (access("go", F_OK) < 0)
        usleep(1000);
    return 0;
}
