/* Claim: a file opened for append is appended to, and holds after all what a
 * run without interruption writes: each line once, in order. */
#include "claim.h"

int main(void)
{
    int fd = open(claim_path("results"), O_CREAT | O_WRONLY | O_APPEND, 0644);
    char line[32], want[32];
    int n = 0;
    FILE *f;

    CHECK(fd >= 0);
    while (!claim_go() || n < 200) {
        int len = snprintf(line, sizeof line, "line %d\n", n);

        CHECK_EQ(write(fd, line, (size_t)len), len);
        if (n++ == 100)
            claim_ready();
        claim_nap();
    }
    BREAK(CHECK(write(fd, "more\n", 5) == 5));
    close(fd);
    CHECK((f = fopen(claim_path("results"), "r")) != NULL);
    for (int i = 0; i < n; i++) {
        snprintf(want, sizeof want, "line %d\n", i);
        if (!fgets(line, sizeof line, f) || strcmp(line, want) != 0)
            claim_fail(__FILE__, __LINE__, "line %d of %d is %s", i, n, line);
    }
    CHECK(!fgets(line, sizeof line, f));
    claim_pass();
}
