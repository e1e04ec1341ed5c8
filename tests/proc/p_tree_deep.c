/* Claim: a chain of six generations keeps its pids and ppids, and each one
 * can be waited for by its parent. */
#include "claim.h"
#include <sys/mman.h>

#define N 6

static volatile pid_t *pids;

/* The first process of generation n; the next ones come out of the fork. */
static _Noreturn void generation(int n, int wfd)
{
    pid_t pid = 0;

    for (;; n++) {
        pids[n] = getpid();
        pid = 0;
        if (n + 1 == N)
            break;
        CHECK((pid = fork()) >= 0);
        if (pid)
            break;
    }
    if (!pid)
        claim_tell(wfd);
    UNTIL(claim_go() && pids[N]);
    CHECK_EQ(getpid(), pids[n]);
    CHECK_EQ(getppid(), pids[n - 1]);
    if (pid) {
        int st;

        CHECK_EQ(pid, pids[n + 1]);
        CHECK(waitpid(pid, &st, 0) == pid);
        CHECK(WIFEXITED(st) && WEXITSTATUS(st) == 21 + n);
    }
    _exit(20 + n);
}

int main(void)
{
    int fd[2], st;
    pid_t pid;

    pids = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
                MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CHECK(pids != MAP_FAILED);
    pids[0] = getpid();
    CHECK(pipe(fd) == 0 && (pid = fork()) >= 0);
    if (pid == 0)
        generation(1, fd[1]);
    claim_hear(fd[0]);
    BREAK(pids[3]++);
    pids[N] = 1; /* all have written theirs */
    claim_ready();
    claim_wait();
    CHECK_EQ(getpid(), pids[0]);
    CHECK(waitpid(pid, &st, 0) == pid);
    CHECK(WIFEXITED(st) && WEXITSTATUS(st) == 21);
    claim_pass();
}
