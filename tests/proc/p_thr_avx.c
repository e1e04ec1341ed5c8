/* Claim: the AVX registers of a computing thread are kept. */
#include "regs.h"

int main(void)
{
    static unsigned char in[8 * 32], out[8 * 32];
    pthread_t t;

    if (!__builtin_cpu_supports("avx"))
        claim_skip("no AVX here");
    claim_fill(in, sizeof in, 8);
    t = hold_start();
    HOLD("vmovups 0(%%rdi), %%ymm0; vmovups 32(%%rdi), %%ymm1\n"
         "vmovups 64(%%rdi), %%ymm2; vmovups 96(%%rdi), %%ymm7\n"
         "vmovups 128(%%rdi), %%ymm8; vmovups 160(%%rdi), %%ymm9\n"
         "vmovups 192(%%rdi), %%ymm14; vmovups 224(%%rdi), %%ymm15\n",
         "vmovups %%ymm0, 0(%%rsi); vmovups %%ymm1, 32(%%rsi)\n"
         "vmovups %%ymm2, 64(%%rsi); vmovups %%ymm7, 96(%%rsi)\n"
         "vmovups %%ymm8, 128(%%rsi); vmovups %%ymm9, 160(%%rsi)\n"
         "vmovups %%ymm14, 192(%%rsi); vmovups %%ymm15, 224(%%rsi)\n"
         "vzeroupper\n",
         in, out, , "xmm0", "xmm1", "xmm2", "xmm7", "xmm8", "xmm9", "xmm14",
         "xmm15");
    BREAK(out[40] ^= 1);
    CHECK(memcmp(in, out, sizeof in) == 0);
    pthread_join(t, NULL);
    claim_pass();
}
