/* Claim: an O_PATH descriptor still names its file. */
#include "claim.h"
#include <sys/stat.h>

int main(void)
{
    int fd = open(claim_path("data"), O_CREAT | O_WRONLY, 0644), p, r;
    char path[64], c;
    struct stat a, b;

    CHECK(fd >= 0 && write(fd, "q", 1) == 1);
    close(fd);
    CHECK((p = open(claim_path("data"), O_PATH)) >= 0);
    CHECK(fstat(p, &a) == 0);
    claim_ready();
    claim_wait();
    BREAK(close(p));
    CHECK(fstat(p, &b) == 0 && a.st_ino == b.st_ino);
    CHECK(read(p, &c, 1) == -1 && errno == EBADF);
    snprintf(path, sizeof path, "/proc/self/fd/%d", p);
    CHECK((r = open(path, O_RDONLY)) >= 0 && read(r, &c, 1) == 1 && c == 'q');
    claim_pass();
}
