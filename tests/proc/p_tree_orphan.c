/* Claim: a process whose parent has ended (a daemon) goes on, in the session
 * that it made. */
#include "claim.h"

int main(void)
{
    int up[2];
    pid_t pid;
    char c;

    CHECK(pipe(up) == 0 && (pid = fork()) >= 0);
    if (pid == 0) {
        pid_t mid = getpid(), sid;

        sid = setsid();
        if (fork())
            _exit(0);
        UNTIL(getppid() != mid);
        mid = getpid();
        claim_tell(up[1]);
        UNTIL(claim_go());
        CHECK(getpid() == mid && getsid(0) == sid);
        close(up[0]);
        BREAK(_exit(1));
        claim_tell(up[1]);
        _exit(0);
    }
    close(up[1]);
    claim_hear(up[0]);
    claim_reap(pid);
    claim_ready();
    claim_wait();
    CHECK(read(up[0], &c, 1) == 1);
    CHECK_EQ(read(up[0], &c, 1), 0);
    claim_pass();
}
