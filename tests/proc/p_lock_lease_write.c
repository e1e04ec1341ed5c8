/* Claim: nobody breaks a lease for writing at a checkpoint: its holder, which
 * a signal would end, goes on and holds it. */
#include "claim.h"

int main(void)
{
    int fd = open(claim_path("data"), O_CREAT | O_RDWR, 0644);

    CHECK(fd >= 0 && fcntl(fd, F_SETLEASE, F_WRLCK) == 0);
    claim_ready();
    claim_wait();
    BREAK(fcntl(fd, F_SETLEASE, F_UNLCK));
    CHECK_EQ(fcntl(fd, F_GETLEASE), F_WRLCK);
    CHECK(fcntl(fd, F_SETLEASE, F_UNLCK) == 0);
    claim_pass();
}
