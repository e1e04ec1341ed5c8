/* Claim: seventy terabytes that are reserved for a few pages (a sanitizer's
 * shadow is such an area) are saved as these pages, in their places. */
#include "claim.h"

#include <sys/ioctl.h>
#include <sys/mman.h>

#define SIZE (70ull << 40)
#define STEP (5ull << 40)

/* Earlier kernels have to be asked for each page. */
static int can_scan(void)
{
    uint64_t scan[12] = {sizeof scan, 0, 4096, 8192};
    int fd = open("/proc/self/pagemap", O_RDONLY), r;

    CHECK(fd >= 0);
    r = ioctl(fd, _IOWR('f', 16, scan), scan);
    close(fd);
    return r >= 0;
}

int main(void)
{
    char *p;

    if (!can_scan())
        claim_skip("no PAGEMAP_SCAN");
    p = mmap(NULL, SIZE, PROT_READ | PROT_WRITE,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (p == MAP_FAILED)
        claim_skip("not so much can be reserved");
    madvise(p, SIZE, MADV_NOHUGEPAGE);
    for (uint64_t at = 0; at < SIZE; at += STEP)
        claim_fill(p + at, 4096, (unsigned)(at / STEP));
    claim_fill(p + SIZE - 4096, 4096, 99);
    claim_ready();
    claim_wait();
    BREAK(p[3 * STEP] ^= 1);
    for (uint64_t at = 0; at < SIZE; at += STEP)
        CHECK(claim_same(p + at, 4096, (unsigned)(at / STEP)));
    CHECK(claim_same(p + SIZE - 4096, 4096, 99));
    CHECK(p[STEP - 1] == 0 && p[STEP + 4096] == 0);
    claim_pass();
}
