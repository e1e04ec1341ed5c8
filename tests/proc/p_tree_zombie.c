/* Claim: children that have ended and were not waited for keep their status,
 * exit or signal, and can be waited for by pid, once. */
#include "claim.h"

int main(void)
{
    pid_t pid[3];
    siginfo_t si;
    int st;

    for (int i = 0; i < 3; i++) {
        CHECK((pid[i] = fork()) >= 0);
        if (pid[i] == 0) {
            if (i == 2)
                kill(getpid(), SIGKILL);
            _exit(10 + i);
        }
        CHECK(waitid(P_PID, (id_t)pid[i], &si, WEXITED | WNOWAIT) == 0);
    }
    claim_ready();
    claim_wait();
    BREAK(waitpid(pid[1], &st, 0));
    CHECK(kill(pid[0], 0) == 0);
    CHECK(waitid(P_PID, (id_t)pid[1], &si, WEXITED | WNOWAIT) == 0);
    CHECK(si.si_pid == pid[1] && si.si_status == 11 &&
          si.si_code == CLD_EXITED);
    CHECK(waitpid(pid[2], &st, 0) == pid[2]);
    CHECK(WIFSIGNALED(st) && WTERMSIG(st) == SIGKILL);
    CHECK(waitpid(pid[0], &st, 0) == pid[0]);
    CHECK(WIFEXITED(st) && WEXITSTATUS(st) == 10);
    CHECK(waitpid(pid[1], &st, 0) == pid[1]);
    CHECK(WIFEXITED(st) && WEXITSTATUS(st) == 11);
    CHECK(waitpid(-1, &st, 0) == -1 && errno == ECHILD);
    claim_pass();
}
