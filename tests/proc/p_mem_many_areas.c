/* Claim: thousands of areas are kept, each with its contents and rights. */
#include "claim.h"
#include <sys/mman.h>

#define N 6000
#define PAGE 4096ul

int main(void)
{
    unsigned char *p = mmap(NULL, 2 * N * PAGE, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    CHECK(p != MAP_FAILED);
    for (size_t i = 0; i < N; i++) {
        memcpy(p + 2 * i * PAGE + i % 4000, &i, sizeof i);
        CHECK(mprotect(p + (2 * i + 1) * PAGE, PAGE, PROT_READ) == 0);
    }
    claim_ready();
    claim_wait();
    BREAK(p[2 * PAGE * 77] = 1);
    for (size_t i = 0; i < N; i++) {
        size_t v;

        memcpy(&v, p + 2 * i * PAGE + i % 4000, sizeof v);
        CHECK_EQ(v, i);
        for (size_t k = 0; k < PAGE; k++)
            CHECK(p[2 * i * PAGE + k] == 0 ||
                  (k >= i % 4000 && k < i % 4000 + sizeof v));
    }
    CHECK(strstr(claim_vmflags(p + PAGE), " rd"));
    CHECK(!strstr(claim_vmflags(p + PAGE), " wr"));
    claim_pass();
}
