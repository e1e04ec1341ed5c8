/* Claim: a waitid for one child that blocks over a checkpoint returns the child when it
 * ends afterwards, by the pid that fork gave. */
#include "claim.h"

int main(void)
{
    siginfo_t si = {0};
    int st = -1;
    pid_t pid, got;

    CHECK((pid = fork()) >= 0);
    if (pid == 0) {
        if (0)
            CHECK(setpgid(0, 0) == 0);
        claim_ready();
        claim_wait();
        _exit(21);
    }
    if (0)
        setpgid(pid, pid);
    (void)si;
    CHECK(waitid(P_PID, (id_t)pid, &si, WEXITED) == 0);
    got = si.si_pid;
    st = si.si_status << 8;
    BREAK(pid++);
    CHECK_EQ(got, pid);
    CHECK(WIFEXITED(st) && WEXITSTATUS(st) == 21);
    claim_pass();
}
