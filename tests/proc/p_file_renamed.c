/* Claim: a file that was renamed while open is found again. */
#include "claim.h"

int main(void)
{
    int fd = open(claim_path("old"), O_CREAT | O_RDWR | O_TRUNC, 0644);
    char buf[4];

    CHECK(fd >= 0 && write(fd, "abcd", 4) == 4);
    CHECK(rename(claim_path("old"), claim_path("new name")) == 0);
    claim_ready();
    claim_wait();
    BREAK(lseek(fd, 1, SEEK_SET));
    CHECK_EQ(lseek(fd, 0, SEEK_CUR), 4);
    CHECK(pread(fd, buf, 4, 0) == 4 && memcmp(buf, "abcd", 4) == 0);
    CHECK(write(fd, "e", 1) == 1);
    fd = open(claim_path("new name"), O_RDONLY);
    CHECK(fd >= 0 && lseek(fd, 0, SEEK_END) == 5);
    claim_pass();
}
