/* Claim: a subreaper remains the parent of an orphan, can wait for it, and
 * inherits orphans that come after a restart. */
#include "claim.h"
#include <sys/prctl.h>

int main(void)
{
    int up[2], st, got = 0;
    pid_t pid, me = getpid();
    volatile pid_t orphan;

    CHECK(prctl(PR_SET_CHILD_SUBREAPER, 1) == 0);
    CHECK(pipe(up) == 0 && (pid = fork()) >= 0);
    if (pid == 0) {
        pid_t kid;

        CHECK((kid = fork()) >= 0);
        if (kid)
            _exit(0);
        UNTIL(getppid() == me);
        kid = getpid();
        CHECK(write(up[1], &kid, sizeof kid) == sizeof kid);
        UNTIL(claim_go());
        CHECK_EQ(getppid(), me);
        if (fork() == 0) { /* an orphan again */
            UNTIL(getppid() == me);
            _exit(8);
        }
        _exit(9);
    }
    claim_reap(pid);
    CHECK(read(up[0], (void *)&orphan, sizeof orphan) == sizeof orphan);
    claim_ready();
    claim_wait();
    BREAK(orphan++);
    CHECK(waitpid(orphan, &st, 0) == orphan && WEXITSTATUS(st) == 9);
    while (waitpid(-1, &st, 0) > 0)
        got += WEXITSTATUS(st);
    CHECK_EQ(got, 8);
    claim_pass();
}
