/* Claim: processes made after a restart have pids that no living process of
 * the computation has, and are waited for by them. */
#include "claim.h"

#define N 30

int main(void)
{
    pid_t old[N], new[N];
    int hold[2], st;
    char c;

    CHECK(pipe(hold) == 0);
    for (int i = 0; i < N; i++) {
        CHECK((old[i] = fork()) >= 0);
        if (old[i] == 0) {
            close(hold[1]);
            CHECK(read(hold[0], &c, 1) == 0);
            _exit(1);
        }
    }
    claim_ready();
    claim_wait();
    for (int i = 0; i < N; i++) {
        CHECK((new[i] = fork()) >= 0);
        if (new[i] == 0) {
            close(hold[1]);
            CHECK(read(hold[0], &c, 1) == 0);
            _exit(2);
        }
        BREAK(new[i] = old[i]);
        for (int k = 0; k < N; k++)
            CHECK(new[i] != old[k] && new[i] != getpid());
    }
    close(hold[1]);
    for (int i = 0; i < N; i++) {
        CHECK(waitpid(old[i], &st, 0) == old[i] && WEXITSTATUS(st) == 1);
        CHECK(waitpid(new[i], &st, 0) == new[i] && WEXITSTATUS(st) == 2);
    }
    claim_pass();
}
