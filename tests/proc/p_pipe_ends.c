/* Claim: a pipe without writers gives its contents and then end of file; one
 * without readers gives EPIPE. */
#include "claim.h"

int main(void)
{
    int a[2], b[2];
    char buf[10];

    signal(SIGPIPE, SIG_IGN);
    CHECK(pipe(a) == 0 && pipe(b) == 0);
    CHECK(write(a[1], "rest", 4) == 4 && close(a[1]) == 0);
    CHECK(write(b[1], "lost", 4) == 4 && close(b[0]) == 0);
    claim_ready();
    claim_wait();
    BREAK(CHECK(read(a[0], buf, 1) == 1));
    CHECK(read(a[0], buf, 10) == 4 && memcmp(buf, "rest", 4) == 0);
    CHECK_EQ(read(a[0], buf, 10), 0);
    CHECK(write(b[1], "x", 1) == -1 && errno == EPIPE);
    claim_pass();
}
