/* Claim: areas keep the memory policies that mbind gave them, and their
 * contents. */
#include "claim.h"
#include <linux/mempolicy.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#define SIZE (64 * 4096ul)

static const int modes[] = {MPOL_BIND, MPOL_PREFERRED, MPOL_INTERLEAVE,
                            MPOL_LOCAL};
#define N (sizeof modes / sizeof *modes)
static char *area[N + 1];

static int mode_of(const void *p, unsigned long *nodes)
{
    unsigned long mask[16] = {0};
    int mode = -1;

    CHECK(syscall(SYS_get_mempolicy, &mode, mask, 1024ul, p, MPOL_F_ADDR) ==
          0);
    *nodes = mask[0];
    return mode;
}

int main(void)
{
    unsigned long first = 1, nodes;
    int mode;

    if (syscall(SYS_get_mempolicy, &mode, NULL, 0, NULL, 0) < 0)
        claim_skip("no memory policies here");
    for (size_t i = 0; i <= N; i++) {
        area[i] = mmap(NULL, SIZE, PROT_READ | PROT_WRITE,
                       (i == 1 ? MAP_SHARED : MAP_PRIVATE) | MAP_ANONYMOUS,
                       -1, 0);
        CHECK(area[i] != MAP_FAILED);
        if (i < N)
            CHECK(syscall(SYS_mbind, area[i], SIZE, modes[i],
                          modes[i] == MPOL_LOCAL ? NULL : &first, 64ul, 0) ==
                  0);
        memset(area[i], (int)('a' + i), SIZE);
    }
    claim_ready();
    claim_wait();
    BREAK(syscall(SYS_mbind, area[0], SIZE, MPOL_DEFAULT, NULL, 0ul, 0));
    for (size_t i = 0; i < N; i++) {
        CHECK_EQ(mode_of(area[i], &nodes), modes[i]);
        CHECK(modes[i] == MPOL_LOCAL || nodes == first);
        for (size_t k = 0; k < SIZE; k++)
            CHECK(area[i][k] == (char)('a' + i));
    }
    CHECK_EQ(mode_of(area[N], &nodes), MPOL_DEFAULT);
    claim_pass();
}
