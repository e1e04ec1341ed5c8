/* Claim: two processes with a pipe in each direction lose no byte of a
 * conversation that goes on over the checkpoint. */
#include "claim.h"

static void rd(int fd, unsigned *v)
{
    size_t n = 0;
    ssize_t k;

    while (n < sizeof *v) {
        k = read(fd, (char *)v + n, sizeof *v - n);
        CHECK(k > 0);
        n += (size_t)k;
    }
}

int main(void)
{
    int a[2], b[2];
    unsigned n = 0, v;
    pid_t pid;

    CHECK(pipe(a) == 0 && pipe(b) == 0 && (pid = fork()) >= 0);
    if (pid == 0) {
        for (;;) {
            rd(a[0], &v);
            CHECK_EQ(v, n);
            v = n++ * 3;
            CHECK(write(b[1], &v, sizeof v) == sizeof v);
        }
    }
    for (int go = 0; !go || n < 5000; n++) {
        if (n % 64 == 0)
            go = claim_go();
        CHECK(write(a[1], &n, sizeof n) == sizeof n);
        rd(b[0], &v);
        BREAK(v++);
        CHECK_EQ(v, n * 3);
        if (n == 1000)
            claim_ready();
    }
    CHECK(kill(pid, SIGTERM) == 0 && waitpid(pid, NULL, 0) == pid);
    claim_pass();
}
