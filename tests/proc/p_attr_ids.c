/* Claim: user and group ids, supplementary groups and capabilities are
 * those from before. */
#include "claim.h"
#include <grp.h>

static void status(char *buf, size_t cap)
{
    FILE *f = fopen("/proc/self/status", "r");
    char line[512];

    CHECK(f);
    buf[0] = 0;
    while (fgets(line, sizeof line, f))
        if (!strncmp(line, "Uid:", 4) || !strncmp(line, "Gid:", 4) ||
            !strncmp(line, "Groups:", 7) || !strncmp(line, "Cap", 3) ||
            !strncmp(line, "NoNewPrivs:", 11) ||
            !strncmp(line, "Seccomp:", 8) ||
            !strncmp(line, "CoreDumping:", 12))
            strncat(buf, line, cap - strlen(buf) - 1);
    fclose(f);
}

int main(void)
{
    static char was[8192], is[8192];

    status(was, sizeof was);
    claim_ready();
    claim_wait();
    BREAK(was[6] ^= 1);
    status(is, sizeof is);
    if (strcmp(was, is) != 0)
        claim_fail(__FILE__, __LINE__, "was:\n%sis:\n%s", was, is);
    claim_pass();
}
