/* Claim: a MAP_GROWSDOWN area that has grown is kept and grows further. */
#include "claim.h"
#include <sys/mman.h>

#define PAGE 4096ul

int main(void)
{
    /* far from where mmap puts things, so that nothing comes below it */
    unsigned char *top = (unsigned char *)0x200000000000ul, *p;

    p = mmap(top - PAGE, PAGE, PROT_READ | PROT_WRITE,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_GROWSDOWN |
                 MAP_FIXED_NOREPLACE,
             -1, 0);
    CHECK(p == top - PAGE);
    for (size_t i = 1; i <= 40; i++)
        claim_fill(top - i * PAGE, PAGE, (unsigned)i);
    claim_ready();
    claim_wait();
    BREAK(top[-5] ^= 1);
    for (size_t i = 1; i <= 40; i++)
        CHECK(claim_same(top - i * PAGE, PAGE, (unsigned)i));
    for (size_t i = 41; i <= 90; i++)
        claim_fill(top - i * PAGE, PAGE, (unsigned)i);
    for (size_t i = 1; i <= 90; i++)
        CHECK(claim_same(top - i * PAGE, PAGE, (unsigned)i));
    CHECK(strstr(claim_vmflags(top - PAGE), " gd"));
    claim_pass();
}
