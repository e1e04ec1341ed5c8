/* Claim: what else sticks to a process is kept: personality, what goes into a
 * core dump, how likely it is to be killed when memory is short, memory
 * policy, the auxiliary vector that it sees in /proc. */
#include "claim.h"

#include <sys/personality.h>
#include <sys/syscall.h>

#define INTERLEAVE 3

static void get(const char *path, char *buf, size_t cap)
{
    int fd = open(path, O_RDONLY);
    ssize_t n = read(fd, buf, cap - 1);

    CHECK(fd >= 0 && n > 0);
    memset(buf + n, 0, cap - (size_t)n);
    close(fd);
}

static void put(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY);

    CHECK(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
    close(fd);
}

int main(void)
{
    char auxv[2][4096], text[64];
    unsigned long node = 1;
    int mode = 0, numa;

    put("/proc/self/coredump_filter", "0x7");
    put("/proc/self/oom_score_adj", "321");
    CHECK(personality(ADDR_NO_RANDOMIZE | UNAME26) >= 0);
    numa = syscall(SYS_set_mempolicy, INTERLEAVE, &node, 64L) == 0;
    get("/proc/self/auxv", auxv[0], sizeof auxv[0]);
    claim_ready();
    claim_wait();
    BREAK(personality(0));
    get("/proc/self/coredump_filter", text, sizeof text);
    CHECK_EQ(strtol(text, NULL, 16), 7);
    get("/proc/self/oom_score_adj", text, sizeof text);
    CHECK_EQ(atoi(text), 321);
    CHECK_EQ(personality(0xffffffff), ADDR_NO_RANDOMIZE | UNAME26);
    if (numa) {
        CHECK(syscall(SYS_get_mempolicy, &mode, NULL, 0L, NULL, 0L) == 0);
        CHECK_EQ(mode, INTERLEAVE);
    }
    get("/proc/self/auxv", auxv[1], sizeof auxv[1]);
    CHECK(!memcmp(auxv[0], auxv[1], sizeof auxv[0]));
    claim_pass();
}
