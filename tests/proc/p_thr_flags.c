/* Claim: arithmetic and direction flags of a computing thread are kept. */
#include "regs.h"

int main(void)
{
    static uint64_t out[2];
    pthread_t t = hold_start();

    /* loads with jrcxz-free code: test by lea/inc would change the flags, so
     * the flag in memory is looked at without arithmetic, through xlat */
    __asm__ volatile("movl $1, (%%rdx)\n"
                     "mov %[fl], %%r9\n"
                     "xor %%r8d, %%r8d\n"
                     "std\n stc\n"
                     "1: pause\n"
                     "mov (%[f]), %%ecx\n"
                     "jrcxz 1b\n"
                     "pushfq\n pop %%rax\n cld\n"
                     "mov %%rax, (%%rsi)\n"
                     :
                     : [f] "D"(&hold_flag), "S"(out), "d"(&hold_entered),
                       [fl] "b"(0ul)
                     : "rax", "rcx", "r8", "r9", "memory", "cc");
    BREAK(out[0] ^= 1);
    CHECK(out[0] & 1);     /* carry */
    CHECK(out[0] & 0x400); /* direction */
    CHECK(out[0] & 0x40);  /* zero, from xor */
    pthread_join(t, NULL);
    claim_pass();
}
