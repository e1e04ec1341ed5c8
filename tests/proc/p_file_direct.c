/* Claim: O_DIRECT and the flags of synchronous writing stay with their
 * descriptors, and aligned reading and writing goes on. */
#include "claim.h"

int main(void)
{
    static char buf[8192] __attribute__((aligned(4096)));
    int fd = open(claim_path("d"), O_CREAT | O_RDWR | O_DIRECT, 0644), s;

    if (fd < 0 && errno == EINVAL)
        claim_skip("no O_DIRECT here");
    CHECK((s = open(claim_path("s"), O_CREAT | O_WRONLY | O_DSYNC |
                                         O_NOATIME, 0644)) >= 0);
    claim_fill(buf, sizeof buf, 9);
    CHECK_EQ(write(fd, buf, sizeof buf), (ssize_t)sizeof buf);
    claim_ready();
    claim_wait();
    BREAK(fcntl(fd, F_SETFL, 0));
    CHECK(fcntl(fd, F_GETFL) & O_DIRECT);
    CHECK_EQ(fcntl(s, F_GETFL) & (O_SYNC | O_NOATIME), O_DSYNC | O_NOATIME);
    CHECK_EQ(write(fd, buf, 4096), 4096);
    memset(buf, 0, sizeof buf);
    CHECK_EQ(pread(fd, buf, sizeof buf, 0), (ssize_t)sizeof buf);
    CHECK(claim_same(buf, sizeof buf, 9));
    CHECK_EQ(lseek(fd, 0, SEEK_CUR), (off_t)sizeof buf + 4096);
    claim_pass();
}
