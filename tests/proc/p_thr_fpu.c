/* Claim: x87 registers and control word, MXCSR and sse registers of a
 * computing thread are kept, and so is the rounding mode of a blocked one. */
#include "regs.h"
#include <fenv.h>

static volatile int go_on, blocked;

static void *rounder(void *arg)
{
    volatile double one = 1, three = 3;
    double up, down;

    (void)arg;
    fesetround(FE_UPWARD);
    up = one / three;
    blocked = 1;
    UNTIL(go_on);
    CHECK_EQ(fegetround(), FE_UPWARD);
    CHECK(one / three == up);
    fesetround(FE_DOWNWARD);
    down = one / three;
    CHECK(down < up);
    return NULL;
}

int main(void)
{
    static struct {
        uint32_t mxcsr;
        uint16_t cw, spare;
        long double st[2];
        unsigned char xmm[16][16];
    } in, out;
    pthread_t r, t;

    CHECK(pthread_create(&r, NULL, rounder, NULL) == 0);
    UNTIL(blocked);
    in.mxcsr = 0x1f80 | 0x6000 | 0x8000; /* truncate, flush to zero */
    in.cw = 0x0c7f;                      /* truncate, single precision */
    in.st[0] = 1.25L;
    in.st[1] = -3e300L;
    claim_fill(in.xmm, sizeof in.xmm, 7);
    t = hold_start();
    HOLD("fninit; fldcw 4(%%rdi); ldmxcsr (%%rdi)\n"
         "fldt 16(%%rdi); fldt 32(%%rdi)\n"
         "movups 48(%%rdi), %%xmm0; movups 64(%%rdi), %%xmm1\n"
         "movups 80(%%rdi), %%xmm2; movups 96(%%rdi), %%xmm3\n"
         "movups 176(%%rdi), %%xmm8; movups 288(%%rdi), %%xmm15\n",
         "stmxcsr (%%rsi); fnstcw 4(%%rsi)\n"
         "fstpt 32(%%rsi); fstpt 16(%%rsi); fninit\n"
         "movups %%xmm0, 48(%%rsi); movups %%xmm1, 64(%%rsi)\n"
         "movups %%xmm2, 80(%%rsi); movups %%xmm3, 96(%%rsi)\n"
         "movups %%xmm8, 176(%%rsi); movups %%xmm15, 288(%%rsi)\n",
         &in, &out, , "xmm0", "xmm1", "xmm2", "xmm3", "xmm8", "xmm15");
    __asm__ volatile("ldmxcsr %0" : : "m"((uint32_t){0x1f80}));
    BREAK(out.mxcsr ^= 0x2000);
    CHECK_EQ(out.mxcsr & 0xffc0, in.mxcsr & 0xffc0);
    CHECK_EQ(out.cw, in.cw);
    CHECK(out.st[0] == in.st[0] && out.st[1] == in.st[1]);
    CHECK(memcmp(in.xmm, out.xmm, 64) == 0);
    CHECK(memcmp(in.xmm[8], out.xmm[8], 16) == 0);
    CHECK(memcmp(in.xmm[15], out.xmm[15], 16) == 0);
    go_on = 1;
    pthread_join(r, NULL);
    pthread_join(t, NULL);
    claim_pass();
}
