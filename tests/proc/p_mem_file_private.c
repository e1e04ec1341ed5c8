/* Claim: a private file mapping keeps modified and unmodified pages. */
#include "claim.h"
#include <sys/mman.h>

#define PAGES 64
#define PAGE 4096ul

int main(void)
{
    unsigned char *buf = malloc(PAGES * PAGE), *p;
    int fd = open(claim_path("data"), O_RDWR | O_CREAT | O_TRUNC, 0644);

    CHECK(fd >= 0);
    claim_fill(buf, PAGES * PAGE, 1);
    CHECK_EQ(write(fd, buf, PAGES * PAGE), PAGES * PAGE);
    p = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
    CHECK(p != MAP_FAILED);
    close(fd);
    for (size_t i = 0; i < PAGES; i += 4)
        claim_fill(p + i * PAGE, PAGE, (unsigned)(100 + i));
    claim_ready();
    claim_wait();
    BREAK(p[PAGE * 4] ^= 1);
    for (size_t i = 0; i < PAGES; i++) {
        if (i % 4 == 0)
            CHECK(claim_same(p + i * PAGE, PAGE, (unsigned)(100 + i)));
        else
            CHECK(memcmp(p + i * PAGE, buf + i * PAGE, PAGE) == 0);
    }
    /* dropping the private copy shows the file again: it is still mapped */
    CHECK(madvise(p, PAGE, MADV_DONTNEED) == 0);
    CHECK(memcmp(p, buf, PAGE) == 0);
    claim_pass();
}
