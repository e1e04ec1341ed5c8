/* A process that executes itself anew every few milliseconds, and ends well
 * when it is asked to. */
#include "claim.h"

int main(int argc, char **argv)
{
    pid_t pid;
    int st;

    if (argc > 1) {
        for (int i = 0; i < 3; i++)
            claim_nap();
        if (claim_go())
            _exit(5);
        execl("/proc/self/exe", argv[0], "again", (char *)NULL);
        _exit(127);
    }
    CHECK((pid = fork()) >= 0);
    if (pid == 0)
        execl("/proc/self/exe", argv[0], "again", (char *)NULL);
    claim_ready();
    while (!claim_go()) {
        CHECK(waitpid(-1, &st, WNOHANG) == 0);
        unlink(claim_path("ping"));
        claim_nap();
    }
    CHECK_EQ(waitpid(pid, &st, 0), pid);
    CHECK(WIFEXITED(st) && WEXITSTATUS(st) == 5);
    claim_pass();
}
