/* Claim: umask and working directory are kept, per process; a working
 * directory with odd characters too. */
#include "claim.h"
#include <sys/stat.h>

int main(void)
{
    char was[4096], is[4096];
    int fd[2];
    pid_t pid;

    mkdir(claim_path("a\nb c\xff"), 0755);
    CHECK(chdir(claim_path("a\nb c\xff")) == 0);
    CHECK(getcwd(was, sizeof was));
    umask(0135);
    CHECK(pipe(fd) == 0 && (pid = fork()) >= 0);
    if (pid == 0) {
        umask(0);
        CHECK(chdir("/proc") == 0);
        claim_tell(fd[1]);
        UNTIL(claim_go());
        CHECK(getcwd(is, sizeof is) && strcmp(is, "/proc") == 0);
        CHECK_EQ(umask(0), 0);
        _exit(0);
    }
    claim_hear(fd[0]);
    claim_ready();
    claim_wait();
    BREAK(CHECK(chdir("/") == 0));
    CHECK(getcwd(is, sizeof is) && strcmp(is, was) == 0);
    CHECK_EQ(umask(0), 0135);
    claim_reap(pid);
    claim_pass();
}
