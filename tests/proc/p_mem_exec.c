/* Claim: code that was generated at run time runs after a restart. */
#include "claim.h"
#include <sys/mman.h>

int main(void)
{
    static const unsigned char code[] = {
        0x8d, 0x84, 0x37, 0x39, 0x05, 0, 0, /* lea 1337(%rdi,%rsi),%eax */
        0xc3,
    };
    unsigned char *p = mmap(NULL, 8192, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    int (*f)(int, int);

    CHECK(p != MAP_FAILED);
    memcpy(p + 100, code, sizeof code);
    CHECK(mprotect(p, 4096, PROT_READ | PROT_EXEC) == 0);
    memcpy(&f, &(void *){p + 100}, sizeof f);
    CHECK_EQ(f(1, 2), 1340);
    claim_ready();
    claim_wait();
    BREAK(mprotect(p, 4096, PROT_READ | PROT_WRITE); p[103]++;
          mprotect(p, 4096, PROT_READ | PROT_EXEC));
    CHECK_EQ(f(20, 3), 1360);
    claim_pass();
}
