/* Claim: a big anonymous area keeps its data, its zero pages and its holes. */
#include "claim.h"
#include <sys/mman.h>

#define SIZE (128ul << 20)
#define PAGE 4096ul

int main(void)
{
    unsigned char *p = mmap(NULL, SIZE, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    CHECK(p != MAP_FAILED);
    for (size_t i = 0; i < SIZE / PAGE; i++) {
        if (i % 7 == 0)
            claim_fill(p + i * PAGE, PAGE, (unsigned)i);
        else if (i % 7 == 1)
            memset(p + i * PAGE, 0, PAGE);
        else if (i % 7 == 2)
            p[i * PAGE + 4095] = 1;
    }
    claim_ready();
    claim_wait();
    BREAK(p[3 * PAGE] = 1);
    for (size_t i = 0; i < SIZE / PAGE; i++) {
        unsigned char *q = p + i * PAGE;
        int last = i % 7 == 2;

        if (i % 7 == 0) {
            CHECK(claim_same(q, PAGE, (unsigned)i));
            continue;
        }
        for (size_t k = 0; k < PAGE - 1; k++)
            CHECK(q[k] == 0);
        CHECK_EQ(q[4095], last);
    }
    claim_pass();
}
