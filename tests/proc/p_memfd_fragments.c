/* Claim: a memory file of which every other page is a hole is saved, however
 * many runs of data it has, and takes no more memory than it took. */
#include "claim.h"

#include <sys/mman.h>
#include <sys/stat.h>

#define RUNS 36000l
#define STEP 8192l

int main(void)
{
    int fd = memfd_create("fragments", 0);
    struct stat before, now;
    long got;

    CHECK(fd >= 0 && ftruncate(fd, RUNS * STEP) == 0);
    for (long i = 0; i < RUNS; i++)
        CHECK(pwrite(fd, &i, sizeof(i), i * STEP) == sizeof(i));
    CHECK(fstat(fd, &before) == 0);
    claim_ready();
    claim_wait();
    BREAK(CHECK(pwrite(fd, "x", 1, 77 * STEP) == 1));
    CHECK(fstat(fd, &now) == 0);
    CHECK_EQ(now.st_size, before.st_size);
    CHECK_EQ(now.st_blocks, before.st_blocks);
    for (long i = 0; i < RUNS; i++)
        CHECK(pread(fd, &got, sizeof(got), i * STEP) == sizeof(got) &&
              got == i);
    claim_pass();
}
