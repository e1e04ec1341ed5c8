/* Claim: a saved pid names the same process for kill, waitpid, getpgid,
 * sched_getscheduler and getpriority; a wrong one is still refused. */
#include "claim.h"
#include <sched.h>
#include <sys/resource.h>

int main(void)
{
    int up[2], st, nicer = getpriority(PRIO_PROCESS, 0);
    pid_t pid;

    nicer = nicer < 7 ? 7 : nicer;
    CHECK(pipe(up) == 0 && (pid = fork()) >= 0);
    if (pid == 0) {
        setpriority(PRIO_PROCESS, 0, nicer);
        claim_tell(up[1]);
        for (;;)
            pause();
    }
    claim_hear(up[0]);
    claim_ready();
    claim_wait();
    BREAK(pid++);
    CHECK(kill(pid, 0) == 0);
    CHECK_EQ(getpgid(pid), getpgrp());
    CHECK_EQ(getsid(pid), getsid(0));
    CHECK_EQ(sched_getscheduler(pid), SCHED_OTHER);
    errno = 0;
    CHECK_EQ(getpriority(PRIO_PROCESS, (id_t)pid), nicer);
    CHECK_EQ(waitpid(pid, &st, WNOHANG), 0);
    CHECK(kill(pid, SIGTERM) == 0);
    CHECK(waitpid(pid, &st, 0) == pid);
    CHECK(WIFSIGNALED(st) && WTERMSIG(st) == SIGTERM);
    CHECK(kill(pid, 0) == -1 && errno == ESRCH);
    CHECK(waitpid(pid, &st, 0) == -1 && errno == ECHILD);
    claim_pass();
}
