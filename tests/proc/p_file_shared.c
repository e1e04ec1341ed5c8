/* Claim: a duplicated descriptor, and one inherited by a child, share their
 * offset and flags; a file opened twice does not. */
#include "claim.h"

int main(void)
{
    int fd = open(claim_path("data"), O_CREAT | O_RDWR | O_TRUNC, 0644);
    int two = open(claim_path("data"), O_RDWR), dup1, up[2], down[2];
    pid_t pid;

    CHECK(fd >= 0 && two >= 0 && write(fd, "0123456789", 10) == 10);
    CHECK((dup1 = dup(fd)) >= 0 && pipe(up) == 0 && pipe(down) == 0);
    CHECK((pid = fork()) >= 0);
    if (pid == 0) {
        claim_tell(up[1]);
        claim_hear(down[0]);
        CHECK_EQ(lseek(fd, 0, SEEK_CUR), 4);
        CHECK_EQ(lseek(dup1, 0, SEEK_CUR), 4);
        CHECK_EQ(lseek(two, 0, SEEK_CUR), 0);
        CHECK(fcntl(fd, F_GETFL) & O_APPEND);
        CHECK(lseek(dup1, 7, SEEK_SET) == 7);
        claim_tell(up[1]);
        _exit(0);
    }
    claim_hear(up[0]);
    claim_ready();
    claim_wait();
    CHECK(lseek(fd, 4, SEEK_SET) == 4);
    CHECK(fcntl(fd, F_SETFL, O_APPEND) == 0);
    CHECK_EQ(lseek(dup1, 0, SEEK_CUR), 4);
    CHECK_EQ(lseek(two, 0, SEEK_CUR), 0);
    claim_tell(down[1]);
    claim_hear(up[0]);
    BREAK(lseek(dup1, 0, SEEK_SET));
    CHECK_EQ(lseek(fd, 0, SEEK_CUR), 7);
    claim_reap(pid);
    claim_pass();
}
