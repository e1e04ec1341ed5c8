/* Claim: /dev/null, /dev/zero, /dev/full, /dev/random and /dev/urandom are
 * open as before and behave as such. */
#include "claim.h"
#include <sys/stat.h>

int main(void)
{
    static const char *const name[] = {"/dev/null", "/dev/zero", "/dev/full",
                                       "/dev/random", "/dev/urandom"};
    unsigned char a[64], b[64];
    struct stat st[5], is;
    int fd[5];

    for (int i = 0; i < 5; i++) {
        CHECK((fd[i] = open(name[i], i < 3 ? O_RDWR : O_RDONLY)) >= 0);
        CHECK(fstat(fd[i], &st[i]) == 0);
    }
    claim_ready();
    claim_wait();
    BREAK(dup2(fd[1], fd[0]));
    for (int i = 0; i < 5; i++) {
        CHECK(fstat(fd[i], &is) == 0);
        CHECK(S_ISCHR(is.st_mode) && is.st_rdev == st[i].st_rdev);
    }
    CHECK_EQ(read(fd[0], a, 1), 0);
    CHECK_EQ(write(fd[0], a, 64), 64);
    memset(a, 1, 64);
    memset(b, 0, 64);
    CHECK(read(fd[1], a, 64) == 64 && memcmp(a, b, 64) == 0);
    CHECK(write(fd[2], a, 1) == -1 && errno == ENOSPC);
    CHECK(read(fd[3], a, 64) == 64 && read(fd[4], b, 64) == 64);
    CHECK(memcmp(a, b, 64) != 0);
    claim_pass();
}
