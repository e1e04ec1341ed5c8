/* Claim: a writer blocked on a full pipe stays blocked, its whole buffer
 * arrives once, and write returns its length. */
#include "claim.h"

#define N 1000000

int main(void)
{
    char *buf = malloc(N), *got = malloc(N + 10);
    int fd[2], n = 0, k;
    pid_t pid;

    claim_fill(buf, N, 1);
    CHECK(pipe(fd) == 0 && (pid = fork()) >= 0);
    if (pid == 0) {
        close(fd[0]);
        CHECK_EQ(write(fd[1], buf, N), N);
        _exit(0);
    }
    close(fd[1]);
    UNTIL(read(fd[0], got, 1) == 1);
    n = 1;
    claim_ready();
    claim_wait();
    while ((k = (int)read(fd[0], got + n, (size_t)(N + 10 - n))) > 0)
        n += k;
    CHECK_EQ(n, N);
    BREAK(got[N / 2] ^= 1);
    CHECK(memcmp(buf, got, N) == 0);
    claim_reap(pid);
    claim_pass();
}
