/* Claim: a program that starts and reaps short-lived children all the time
 * loses none over a checkpoint. */
#include "claim.h"

int main(void)
{
    int n = 0, st;
    pid_t pid;

    while (!claim_go() || n < 20) {
        CHECK((pid = fork()) >= 0);
        if (pid == 0)
            _exit(n % 100);
        CHECK_EQ(waitpid(pid, &st, 0), pid);
        CHECK(WIFEXITED(st));
        BREAK(st = 1 << 20);
        CHECK_EQ(st, n % 100 << 8);
        n++;
        if (n == 10)
            claim_ready();
    }
    CHECK(waitpid(-1, &st, 0) == -1 && errno == ECHILD);
    claim_pass();
}
