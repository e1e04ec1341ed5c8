/* Claim: a program that closed 0 and 1 finds them free and nothing of ours
 * in its table; descriptors in between stay free too. */
#include "claim.h"
#include <dirent.h>

/* the descriptors in use, as /proc tells; the one for looking left out */
static void table(char *buf, size_t cap)
{
    DIR *d = opendir("/proc/self/fd");
    struct dirent *e;
    int all[1024] = {0};

    CHECK(d);
    buf[0] = 0;
    while ((e = readdir(d)))
        if (e->d_name[0] != '.' && atoi(e->d_name) != dirfd(d))
            all[atoi(e->d_name)] = 1;
    closedir(d);
    for (int i = 0; i < 1024; i++)
        if (all[i])
            snprintf(buf + strlen(buf), cap - strlen(buf), " %d", i);
}

int main(void)
{
    char was[4096], is[4096];

    CHECK(close(0) == 0 && close(1) == 0 && close_range(3, ~0u, 0) == 0);
    CHECK(dup2(2, 900) == 900);
    table(was, sizeof was);
    claim_ready();
    claim_wait();
    BREAK(dup2(2, 40));
    table(is, sizeof is);
    if (strcmp(was, is) != 0)
        claim_fail(__FILE__, __LINE__, "was%s, is%s", was, is);
    CHECK_EQ(open("/dev/null", O_RDWR), 0);
    CHECK_EQ(open("/dev/null", O_RDWR), 1);
    CHECK_EQ(open("/dev/null", O_RDWR), 3);
    claim_pass();
}
