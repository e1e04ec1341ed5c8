/* Claim: the tile registers of a thread that uses AMX are kept. */
#include "regs.h"
#include <sys/syscall.h>

#define ARCH_REQ_XCOMP_PERM 0x1023
#define XTILEDATA 18

__attribute__((target("amx-tile"))) int main(void)
{
    static unsigned char in[1024], out[1024];
    static struct {
        uint8_t palette, start, spare[14];
        uint16_t colsb[16];
        uint8_t rows[16];
    } cfg = {1, 0, {0}, {64, 64}, {16, 16}};
    pthread_t t;

    if (syscall(SYS_arch_prctl, ARCH_REQ_XCOMP_PERM, XTILEDATA) != 0)
        claim_skip("no AMX here");
    claim_fill(in, sizeof in, 9);
    t = hold_start();
    __asm__ volatile("ldtilecfg %0" : : "m"(cfg));
    HOLD("mov $64, %%rcx\n tileloadd (%%rdi,%%rcx,1), %%tmm0",
         "mov $64, %%rcx\n tilestored %%tmm0, (%%rsi,%%rcx,1)\n tilerelease",
         in, out, , "rcx");
    BREAK(out[300] ^= 1);
    CHECK(memcmp(in, out, sizeof in) == 0);
    pthread_join(t, NULL);
    claim_pass();
}
