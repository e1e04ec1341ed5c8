/* Claim: AVX-512 registers, the upper sixteen and the masks included, of a
 * computing thread are kept. */
#include "regs.h"

int main(void)
{
    static unsigned char in[6 * 64], out[6 * 64];
    pthread_t t;

    if (!__builtin_cpu_supports("avx512f"))
        claim_skip("no AVX-512 here");
    claim_fill(in, sizeof in, 9);
    t = hold_start();
    HOLD("vmovups 0(%%rdi), %%zmm0; vmovups 64(%%rdi), %%zmm15\n"
         "vmovups 128(%%rdi), %%zmm16; vmovups 192(%%rdi), %%zmm30\n"
         "vmovups 256(%%rdi), %%zmm31\n"
         "kmovw 320(%%rdi), %%k1; kmovw 322(%%rdi), %%k7\n",
         "vmovups %%zmm0, 0(%%rsi); vmovups %%zmm15, 64(%%rsi)\n"
         "vmovups %%zmm16, 128(%%rsi); vmovups %%zmm30, 192(%%rsi)\n"
         "vmovups %%zmm31, 256(%%rsi)\n"
         "kmovw %%k1, 320(%%rsi); kmovw %%k7, 322(%%rsi)\n"
         "vzeroupper\n",
         in, out, , "xmm0", "xmm15");
    BREAK(out[300] ^= 1);
    CHECK(memcmp(in, out, 324) == 0);
    pthread_join(t, NULL);
    claim_pass();
}
