/* Claim: what was written after the checkpoint is cut off at a restart, for
 * a file written with an offset, one written by a FILE, one by a child. */
#include "claim.h"

static void verify(const char *name, int n)
{
    char line[32], want[32];
    FILE *f = fopen(claim_path(name), "r");

    CHECK(f);
    for (int i = 0; i < n; i++) {
        snprintf(want, sizeof want, "%d\n", i);
        if (!fgets(line, sizeof line, f) || strcmp(line, want) != 0)
            claim_fail(__FILE__, __LINE__, "%s: line %d is %s", name, i, line);
    }
    if (fgets(line, sizeof line, f))
        claim_fail(__FILE__, __LINE__, "%s: too long: %s", name, line);
    fclose(f);
}

int main(void)
{
    int fd = open(claim_path("a"), O_CREAT | O_WRONLY, 0644), n = 0, m = 0;
    FILE *f = fopen(claim_path("b"), "w");
    int up[2];
    pid_t pid;

    CHECK(fd >= 0 && f && pipe(up) == 0 && (pid = fork()) >= 0);
    if (pid == 0) {
        int c = open(claim_path("c"), O_CREAT | O_WRONLY, 0644);

        CHECK(c >= 0);
        for (; !claim_go() || m < 50; m++) {
            CHECK(dprintf(c, "%d\n", m) > 0);
            if (m == 20)
                claim_tell(up[1]);
            claim_nap();
        }
        verify("c", m);
        _exit(0);
    }
    claim_hear(up[0]);
    for (; !claim_go() || n < 50; n++) {
        CHECK(dprintf(fd, "%d\n", n) > 0 && fprintf(f, "%d\n", n) > 0);
        if (n == 20)
            claim_ready();
        claim_nap();
    }
    CHECK(fclose(f) == 0);
    BREAK(n--);
    verify("a", n);
    verify("b", n);
    claim_reap(pid);
    claim_pass();
}
