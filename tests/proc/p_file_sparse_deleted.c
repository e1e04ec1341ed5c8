/* Claim: a huge sparse file that was deleted while open costs little, and
 * keeps data, holes and size. */
#include "claim.h"
#include <sys/stat.h>

#define BIG (20ll << 30)

int main(void)
{
    int fd = open(claim_path("gone"), O_CREAT | O_RDWR | O_TRUNC, 0600);
    struct stat st;
    char buf[8];

    CHECK(fd >= 0 && unlink(claim_path("gone")) == 0);
    if (ftruncate(fd, BIG) != 0)
        claim_skip("no sparse files here");
    CHECK(pwrite(fd, "middle", 6, BIG / 2) == 6);
    claim_ready();
    claim_wait();
    BREAK(CHECK(ftruncate(fd, BIG - 1) == 0));
    CHECK(fstat(fd, &st) == 0 && st.st_size == BIG);
    CHECK(st.st_blocks < 10000);
    CHECK(pread(fd, buf, 6, BIG / 2) == 6 && memcmp(buf, "middle", 6) == 0);
    CHECK(pread(fd, buf, 1, BIG - 1) == 1 && buf[0] == 0);
    claim_pass();
}
