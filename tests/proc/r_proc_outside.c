/* Claim: a checkpoint with a file in /proc of a process outside of the
 * computation is refused by name, and the program reads it on. */
/* refusal: is /proc/1/stat, which belongs to a process outside of the computation */
#include "claim.h"

int main(void)
{
    char c;
    int fd = open("/proc/1/stat", O_RDONLY);

    CHECK(fd >= 0);
    claim_ready();
    claim_wait();
    BREAK(close(fd));
    CHECK_EQ(read(fd, &c, 1), 1);
    claim_pass();
}
