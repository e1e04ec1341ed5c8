/* Claim: a waitpid for a process group that blocks over a checkpoint returns the child when it
 * ends afterwards, by the pid that fork gave. */
#include "claim.h"

int main(void)
{
    siginfo_t si = {0};
    int st = -1;
    pid_t pid, got;

    CHECK((pid = fork()) >= 0);
    if (pid == 0) {
        if (1)
            CHECK(setpgid(0, 0) == 0);
        claim_ready();
        claim_wait();
        _exit(21);
    }
    if (1)
        setpgid(pid, pid);
    (void)si;
    got = waitpid(-pid, &st, 0);
    BREAK(pid++);
    CHECK_EQ(got, pid);
    CHECK(WIFEXITED(st) && WEXITSTATUS(st) == 21);
    claim_pass();
}
