/* Claim: popen streams, read and written, work over a checkpoint, and pclose
 * has the status. */
#include "claim.h"

int main(void)
{
    char cmd[5000], line[64];
    FILE *r, *w, *n;

    snprintf(cmd, sizeof cmd,
             "echo one; until [ -e '%s' ]; do :; done; echo two; exit 4",
             claim_path("verify"));
    CHECK((r = popen(cmd, "r")) != NULL);
    CHECK((w = popen("read a; read b; [ \"$a$b\" = xy ]", "w")) != NULL);
    CHECK(fgets(line, sizeof line, r) && !strcmp(line, "one\n"));
    fprintf(w, "x\n");
    fflush(w);
    claim_ready();
    claim_wait();
    CHECK(fgets(line, sizeof line, r) && !strcmp(line, "two\n"));
    CHECK_EQ(pclose(r), 4 << 8);
    BREAK(fputc('z', w));
    fprintf(w, "y\n");
    CHECK_EQ(pclose(w), 0);
    CHECK((n = popen("echo three", "r")) != NULL);
    CHECK(fgets(line, sizeof line, n) && !strcmp(line, "three\n"));
    CHECK_EQ(pclose(n), 0);
    claim_pass();
}
