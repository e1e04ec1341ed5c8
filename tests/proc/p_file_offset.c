/* Claim: regular files keep descriptor number, offset and access mode. */
#include "claim.h"

int main(void)
{
    char buf[16];
    int r, w, b;

    w = open(claim_path("data"), O_CREAT | O_TRUNC | O_WRONLY, 0644);
    CHECK(w >= 0 && write(w, "0123456789abcdef", 16) == 16);
    r = open(claim_path("data"), O_RDONLY);
    b = fcntl(open(claim_path("data"), O_RDWR), F_DUPFD, 500);
    CHECK(r >= 0 && b == 500);
    CHECK(lseek(r, 5, SEEK_SET) == 5 && lseek(b, 1000000, SEEK_SET) > 0);
    claim_ready();
    claim_wait();
    BREAK(lseek(r, 1, SEEK_CUR));
    CHECK(read(r, buf, 3) == 3 && memcmp(buf, "567", 3) == 0);
    CHECK_EQ(lseek(b, 0, SEEK_CUR), 1000000);
    CHECK(write(w, "ghij", 4) == 4);
    CHECK(pread(r, buf, 4, 16) == 4 && memcmp(buf, "ghij", 4) == 0);
    CHECK(write(r, "x", 1) == -1 && errno == EBADF);
    CHECK(read(w, buf, 1) == -1 && errno == EBADF);
    CHECK_EQ(fcntl(r, F_GETFL) & O_ACCMODE, O_RDONLY);
    CHECK_EQ(fcntl(b, F_GETFL) & O_ACCMODE, O_RDWR);
    claim_pass();
}
