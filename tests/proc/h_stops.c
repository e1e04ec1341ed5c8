/* h_stops.c - children that stop themselves at once, one after the other:
 * each is seen to stop, does nothing until it is let go on, and ends. */
#include "claim.h"

static void child_of(int round)
{
    int st = 0;
    pid_t pid = fork();

    CHECK(pid >= 0);
    if (pid == 0) {
        raise(SIGSTOP);
        _exit(round % 100);
    }
    CHECK_EQ(waitpid(pid, &st, WUNTRACED), pid);
    CHECK(WIFSTOPPED(st) && WSTOPSIG(st) == SIGSTOP);
    claim_nap();
    CHECK_EQ(waitpid(pid, &st, WUNTRACED | WNOHANG), 0);
    CHECK(kill(pid, SIGCONT) == 0);
    CHECK_EQ(waitpid(pid, &st, 0), pid);
    CHECK(WIFEXITED(st) && WEXITSTATUS(st) == round % 100);
}

int main(void)
{
    for (int round = 0; !claim_go(); round++) {
        child_of(round);
        if (round == 5)
            claim_ready();
    }
    claim_pass();
}
