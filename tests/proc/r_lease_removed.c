/* Claim: a removed file with a lease for writing that its holder has by a
 * descriptor which can only be written is refused by name, and the lease is not
 * broken. */
/* refusal: removed.*lease for writing */
#include "claim.h"

int main(void)
{
    int fd = open(claim_path("removed"), O_CREAT | O_WRONLY, 0644);

    CHECK(fd >= 0 && write(fd, "text", 4) == 4);
    CHECK(unlink(claim_path("removed")) == 0);
    CHECK(fcntl(fd, F_SETLEASE, F_WRLCK) == 0);
    claim_ready();
    claim_wait();
    BREAK(fcntl(fd, F_SETLEASE, F_UNLCK));
    CHECK_EQ(fcntl(fd, F_GETLEASE), F_WRLCK);
    claim_pass();
}
