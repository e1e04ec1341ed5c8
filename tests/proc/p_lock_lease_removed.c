/* Claim: a lease for writing of a removed file is not broken by who looks into
 * it: its holder, which a signal would end, holds it, and the contents are what
 * they were. */
#include "claim.h"

#define SIZE 100000

int main(void)
{
    int fd = open(claim_path("removed"), O_CREAT | O_RDWR, 0644);
    static char buf[SIZE];

    claim_fill(buf, SIZE, 1);
    CHECK(fd >= 0 && write(fd, buf, SIZE) == SIZE);
    CHECK(unlink(claim_path("removed")) == 0);
    CHECK(fcntl(fd, F_SETLEASE, F_WRLCK) == 0);
    claim_ready();
    claim_wait();
    BREAK(fcntl(fd, F_SETLEASE, F_UNLCK));
    CHECK_EQ(fcntl(fd, F_GETLEASE), F_WRLCK);
    CHECK_EQ(lseek(fd, 0, SEEK_CUR), SIZE);
    CHECK(pread(fd, buf, SIZE, 0) == SIZE && claim_same(buf, SIZE, 1));
    CHECK(fcntl(fd, F_SETLEASE, F_UNLCK) == 0);
    claim_pass();
}
