/* Claim: exec after a restart keeps the pid, and the new program can be
 * checkpointed too: its child runs a shell that knows its own $$. */
#include "claim.h"

int main(int argc, char **argv)
{
    char arg[40];
    int st;
    pid_t pid, me = getpid();

    if (argc == 1) {
        claim_ready();
        claim_wait();
        snprintf(arg, sizeof arg, "%d", (int)me);
        execl("/proc/self/exe", argv[0], arg, (char *)NULL);
        CHECK(0);
    }
    BREAK(me++);
    CHECK_EQ(me, atoi(argv[1]));
    CHECK((pid = fork()) >= 0);
    if (pid == 0) {
        snprintf(arg, sizeof arg, "[ $$ = %d ] && [ $PPID = %d ]",
                 (int)getpid(), (int)me);
        execl("/bin/sh", "sh", "-c", arg, (char *)NULL);
        _exit(127);
    }
    CHECK(waitpid(pid, &st, 0) == pid);
    CHECK_EQ(st, 0);
    claim_pass();
}
