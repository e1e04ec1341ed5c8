/* Claim: a file that is mapped and has a lease for writing is refused by name,
 * and the lease is not broken. */
/* refusal: mapped and has a lease for writing */
#include "claim.h"
#include <sys/mman.h>

int main(void)
{
    int fd = open(claim_path("mapped"), O_CREAT | O_RDWR, 0644);

    CHECK(fd >= 0 && write(fd, "text", 4) == 4);
    CHECK(mmap(NULL, 4, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) !=
          MAP_FAILED);
    CHECK(fcntl(fd, F_SETLEASE, F_WRLCK) == 0);
    claim_ready();
    claim_wait();
    BREAK(fcntl(fd, F_SETLEASE, F_UNLCK));
    CHECK_EQ(fcntl(fd, F_GETLEASE), F_WRLCK);
    claim_pass();
}
