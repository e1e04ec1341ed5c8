/* Claim: forty children, each with its own memory and its own pipe, are all
 * there afterwards. */
#include "claim.h"

#define N 40

int main(void)
{
    int fd[N][2], up[2];
    pid_t pid[N];
    char *mem = malloc(100000);

    CHECK(pipe(up) == 0);
    for (int i = 0; i < N; i++) {
        CHECK(pipe(fd[i]) == 0 && (pid[i] = fork()) >= 0);
        if (pid[i] == 0) {
            char c;

            claim_fill(mem, 100000, (unsigned)i);
            claim_tell(up[1]);
            CHECK(read(fd[i][0], &c, 1) == 1);
            CHECK_EQ(c, i);
            CHECK(claim_same(mem, 100000, (unsigned)i));
            CHECK_EQ(getpid(), gettid());
            _exit(i);
        }
    }
    for (int i = 0; i < N; i++)
        claim_hear(up[0]);
    claim_ready();
    claim_wait();
    for (int i = 0; i < N; i++) {
        char c = (char)i;

        BREAK(c++);
        CHECK(write(fd[i][1], &c, 1) == 1);
    }
    for (int i = 0; i < N; i++) {
        int st;

        CHECK(waitpid(pid[i], &st, 0) == pid[i]);
        CHECK(WIFEXITED(st) && WEXITSTATUS(st) == i);
    }
    claim_pass();
}
