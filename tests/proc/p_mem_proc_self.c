/* Claim: argv, environment, /proc/self/cmdline, environ, comm and exe are
 * those of the program. */
#include "claim.h"

static size_t slurp(const char *path, char *buf, size_t cap)
{
    int fd = open(path, O_RDONLY);
    ssize_t n, all = 0;

    CHECK(fd >= 0);
    while ((n = read(fd, buf + all, cap - (size_t)all)) > 0)
        all += n;
    close(fd);
    return (size_t)all;
}

int main(int argc, char **argv)
{
    static const char *const what[] = {"/proc/self/cmdline",
                                       "/proc/self/comm",
                                       "/proc/self/environ"};
    static char was[3][65536], is[65536], exe[2][4096];
    size_t n[3];
    char *home;

    for (int i = 0; i < 3; i++)
        n[i] = slurp(what[i], was[i], sizeof was[i]);
    CHECK(readlink("/proc/self/exe", exe[0], sizeof exe[0] - 1) > 0);
    home = getenv("PATH");
    CHECK(home && argc >= 1 && strlen(argv[0]) > 0);
    claim_ready();
    claim_wait();
    BREAK(was[0][0] ^= 1);
    for (int i = 0; i < 3; i++) {
        CHECK_EQ(slurp(what[i], is, sizeof is), n[i]);
        CHECK(memcmp(is, was[i], n[i]) == 0);
    }
    CHECK(readlink("/proc/self/exe", exe[1], sizeof exe[1] - 1) > 0);
    CHECK(strcmp(exe[0], exe[1]) == 0);
    CHECK(getenv("PATH") == home);
    claim_pass();
}
