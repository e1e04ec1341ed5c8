/* Claim: a private mapping of a file that is gone keeps all its pages. */
#include "claim.h"
#include <sys/mman.h>

#define SIZE (64ul * 4096)

int main(void)
{
    unsigned char *buf = malloc(SIZE), *p;
    int fd = open(claim_path("gone"), O_RDWR | O_CREAT | O_TRUNC, 0644);

    CHECK(fd >= 0);
    claim_fill(buf, SIZE, 1);
    CHECK_EQ(write(fd, buf, SIZE), SIZE);
    p = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
    CHECK(p != MAP_FAILED);
    close(fd);
    CHECK(unlink(claim_path("gone")) == 0);
    p[4096] = buf[4096] ^= 0xff;
    claim_ready();
    claim_wait();
    BREAK(p[9000] ^= 1);
    CHECK(memcmp(p, buf, SIZE) == 0);
    claim_pass();
}
