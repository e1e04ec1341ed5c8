/* Claim: a pipe with three writers and two readers in different processes
 * reaches its end only when all writers have gone. */
#include "claim.h"

int main(void)
{
    int fd[2], up[2], out[2], sum = 0, got[2];
    pid_t w[3], r[2];

    CHECK(pipe(fd) == 0 && pipe(up) == 0 && pipe(out) == 0);
    for (int i = 0; i < 3; i++) {
        CHECK((w[i] = fork()) >= 0);
        if (w[i] == 0) {
            claim_tell(up[1]);
            UNTIL(claim_go());
            for (int k = 0; k < 1000; k++)
                claim_tell(fd[1]);
            _exit(0);
        }
    }
    for (int i = 0; i < 2; i++) {
        CHECK((r[i] = fork()) >= 0);
        if (r[i] == 0) {
            char buf[64];
            int n = 0, k;

            close(fd[1]);
            claim_tell(up[1]);
            while ((k = (int)read(fd[0], buf, sizeof buf)) > 0)
                n += k;
            CHECK(k == 0 && write(out[1], &n, sizeof n) == sizeof n);
            _exit(0);
        }
    }
    close(fd[1]);
    for (int i = 0; i < 5; i++)
        claim_hear(up[0]);
    claim_ready();
    claim_wait();
    for (int i = 0; i < 3; i++)
        claim_reap(w[i]);
    for (int i = 0; i < 2; i++) {
        claim_reap(r[i]);
        CHECK(read(out[0], &got[i], sizeof(int)) == sizeof(int));
        sum += got[i];
    }
    BREAK(sum++);
    CHECK_EQ(sum, 3000);
    claim_pass();
}
