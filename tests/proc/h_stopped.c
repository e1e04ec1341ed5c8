/* A child, and one of its own, that stand still by SIGSTOP all the time. */
#include "claim.h"

int main(void)
{
    int up[2], st;
    pid_t pid;
    char c;

    CHECK(pipe(up) == 0 && (pid = fork()) >= 0);
    if (pid == 0) {
        if (fork() == 0) {
            CHECK(write(up[1], "", 1) == 1 && raise(SIGSTOP) == 0);
            pause();
        }
        CHECK(write(up[1], "", 1) == 1 && raise(SIGSTOP) == 0);
        pause();
    }
    CHECK(read(up[0], &c, 1) == 1 && read(up[0], &c, 1) == 1);
    CHECK(waitpid(pid, &st, WUNTRACED) == pid && WIFSTOPPED(st));
    claim_ready();
    claim_wait();
    claim_pass();
}
