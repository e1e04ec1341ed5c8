/* Claim: process groups are kept, one whose leader is gone included, and
 * kill and wait reach a group by its number. */
#include "claim.h"

static pid_t member(pid_t group, int wfd)
{
    pid_t pid = fork();

    CHECK(pid >= 0);
    if (pid == 0) {
        CHECK(setpgid(0, group) == 0);
        claim_tell(wfd);
        UNTIL(claim_go());
        CHECK_EQ(getpgrp(), group ? group : getpid());
        for (;;)
            pause();
    }
    return pid;
}

int main(void)
{
    int up[2], hold[2], st;
    pid_t leader, a, b, c, own = getpgrp();

    CHECK(pipe(up) == 0 && pipe(hold) == 0);
    CHECK((leader = fork()) >= 0);
    if (leader == 0) {
        char ch;

        setpgid(0, 0);
        claim_tell(up[1]);
        CHECK(read(hold[0], &ch, 1) == 1);
        _exit(0);
    }
    claim_hear(up[0]);
    a = member(leader, up[1]);
    b = member(leader, up[1]);
    c = member(0, up[1]);
    claim_hear(up[0]);
    claim_hear(up[0]);
    claim_hear(up[0]);
    claim_tell(hold[1]);
    claim_reap(leader); /* its group lives on without it */
    claim_ready();
    claim_wait();
    BREAK(leader++);
    CHECK_EQ(getpgrp(), own);
    CHECK_EQ(getpgid(a), leader);
    CHECK_EQ(getpgid(b), leader);
    CHECK_EQ(getpgid(c), c);
    CHECK(kill(-leader, SIGTERM) == 0);
    CHECK(waitpid(-leader, &st, 0) > 0 && WTERMSIG(st) == SIGTERM);
    CHECK(waitpid(-leader, &st, 0) > 0 && WTERMSIG(st) == SIGTERM);
    CHECK(waitpid(-leader, &st, 0) == -1 && errno == ECHILD);
    CHECK(killpg(c, SIGKILL) == 0);
    CHECK(waitpid(c, &st, 0) == c && WTERMSIG(st) == SIGKILL);
    claim_pass();
}
