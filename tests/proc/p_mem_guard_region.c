/* Claim: guard regions (MADV_GUARD_INSTALL) stay where they are, and the
 * pages around them, too; also in an area that has nothing else in it. */
#include "claim.h"
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102
#define MADV_GUARD_REMOVE 103
#endif
#define PAGE 4096ul
#define PAGES 32ul

static char *area[3]; /* written, never touched, without any access */

static int guarded(const char *p)
{
    char c;
    struct iovec to = {&c, 1}, from = {(void *)(uintptr_t)p, 1};

    return process_vm_readv(getpid(), &to, 1, &from, 1, 0) < 0 &&
           errno == EFAULT;
}

static int in_guard(unsigned long page)
{
    return (page >= 8 && page < 12) || page == PAGES - 1;
}

int main(void)
{
    for (int i = 0; i < 3; i++) {
        area[i] = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        CHECK(area[i] != MAP_FAILED);
        if (i != 1)
            memset(area[i], 'x', PAGES * PAGE);
        if (madvise(area[i] + 8 * PAGE, 4 * PAGE, MADV_GUARD_INSTALL) < 0)
            claim_skip("this kernel has no guard regions");
        CHECK(madvise(area[i] + (PAGES - 1) * PAGE, PAGE,
                      MADV_GUARD_INSTALL) == 0);
    }
    CHECK(mprotect(area[2], PAGES * PAGE, PROT_NONE) == 0);
    claim_ready();
    claim_wait();
    CHECK(mprotect(area[2], PAGES * PAGE, PROT_READ) == 0);
    BREAK(madvise(area[1] + 8 * PAGE, PAGE, MADV_GUARD_REMOVE));
    for (int i = 0; i < 3; i++) {
        for (unsigned long p = 0; p < PAGES; p++) {
            CHECK_EQ(guarded(area[i] + p * PAGE), in_guard(p));
            CHECK(in_guard(p) || area[i][p * PAGE] == (i == 1 ? 0 : 'x'));
        }
    }
    CHECK(madvise(area[0] + 8 * PAGE, 4 * PAGE, MADV_GUARD_REMOVE) == 0);
    area[0][8 * PAGE] = 'y';
    claim_pass();
}
