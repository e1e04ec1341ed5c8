/* Claim: a reader blocked on an empty pipe gets what is written afterwards,
 * and end of file when the last writer goes. */
#include "claim.h"

int main(void)
{
    int fd[2], up[2];
    char buf[10];
    pid_t pid;

    CHECK(pipe(fd) == 0 && pipe(up) == 0 && (pid = fork()) >= 0);
    if (pid)
        close(up[1]);
    if (pid == 0) {
        close(fd[1]);
        claim_tell(up[1]);
        CHECK_EQ(read(fd[0], buf, 10), 5);
        CHECK(memcmp(buf, "hello", 5) == 0);
        claim_tell(up[1]);
        CHECK_EQ(read(fd[0], buf, 10), 0);
        _exit(0);
    }
    close(fd[0]);
    claim_hear(up[0]);
    claim_ready();
    claim_wait();
    CHECK_EQ(write(fd[1], claim_broken() ? "hallo" : "hello", 5), 5);
    claim_hear(up[0]);
    close(fd[1]);
    claim_reap(pid);
    claim_pass();
}
