/*
 * hold.c - values held in registers while a program computes; see hold.h.
 *
 * Must work in any thread, in a signal handler and in a fork child. Compiled
 * without AVX flags: the compiler itself then uses no register above xmm15,
 * and these need not be named as clobbered.
 */
#include "hold.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define WIDE 64 /* bytes of the widest register */

struct image {
    unsigned char vec[32][WIDE];
    uint64_t mask[8];
};

static const unsigned char vec_bytes[] = {16, 32, 64}, vec_count[] = {16, 16, 32};

enum hold_level hold_widest(void)
{
    return __builtin_cpu_supports("avx512bw") ? HOLD_AVX512
           : __builtin_cpu_supports("avx")    ? HOLD_AVX
                                              : HOLD_SSE;
}

static void fill(void *p, size_t n, uint64_t x)
{
    uint64_t *w = p;

    for (size_t i = 0; i < n / 8; i++) {
        x += 0x9e3779b97f4a7c15ull;
        w[i] = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ull;
        w[i] ^= w[i] >> 27;
    }
}

#define LOW(F)                                                              \
    F(0) F(1) F(2) F(3) F(4) F(5) F(6) F(7) F(8) F(9) F(10) F(11) F(12)     \
    F(13) F(14) F(15)
#define HIGH(F)                                                             \
    F(16) F(17) F(18) F(19) F(20) F(21) F(22) F(23) F(24) F(25) F(26) F(27) \
    F(28) F(29) F(30) F(31)
#define MASKS(F) F(1) F(2) F(3) F(4) F(5) F(6) F(7)
#define SPIN "1: sub $1, %[n]\n jnz 1b\n"
#define LOAD_X(n) "movdqu " #n "*64(%[in]), %%xmm" #n "\n"
#define SAVE_X(n) "movdqu %%xmm" #n ", " #n "*64(%[out])\n"
#define LOAD_Y(n) "vmovdqu " #n "*64(%[in]), %%ymm" #n "\n"
#define SAVE_Y(n) "vmovdqu %%ymm" #n ", " #n "*64(%[out])\n"
#define LOAD_Z(n) "vmovdqu64 " #n "*64(%[in]), %%zmm" #n "\n"
#define SAVE_Z(n) "vmovdqu64 %%zmm" #n ", " #n "*64(%[out])\n"
#define LOAD_K(n) "kmovq 2048+" #n "*8(%[in]), %%k" #n "\n"
#define SAVE_K(n) "kmovq %%k" #n ", 2048+" #n "*8(%[out])\n"
#define HELD(code, from, to, spin)                                          \
    __asm__ volatile(code                                                   \
                     : [n] "+r"(spin)                                       \
                     : [in] "r"(from), [out] "r"(to)                        \
                     : "memory", "cc", "xmm0", "xmm1", "xmm2", "xmm3",      \
                       "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9",      \
                       "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15")

const char *hold_vectors(enum hold_level level, unsigned seed,
                         unsigned long spins, int damage)
{
    static __thread char text[40];
    struct image in, out;
    unsigned long n = spins ? spins : 1;

    fill(&in, sizeof in, seed);
    memset(&out, 0, sizeof out);
    if (level == HOLD_AVX512)
        HELD(LOW(LOAD_Z) HIGH(LOAD_Z) MASKS(LOAD_K) SPIN LOW(SAVE_Z)
                 HIGH(SAVE_Z) MASKS(SAVE_K) "vzeroupper\n",
             &in, &out, n);
    else if (level == HOLD_AVX)
        HELD(LOW(LOAD_Y) SPIN LOW(SAVE_Y) "vzeroupper\n", &in, &out, n);
    else
        HELD(LOW(LOAD_X) SPIN LOW(SAVE_X), &in, &out, n);
    if (damage)
        out.vec[seed % 16][15] ^= 1;
    for (int i = 0; i < vec_count[level]; i++)
        if (memcmp(in.vec[i], out.vec[i], vec_bytes[level]) != 0) {
            snprintf(text, sizeof text, "%cmm%d", "xyz"[level], i);
            return text;
        }
    for (int i = 1; level == HOLD_AVX512 && i < 8; i++)
        if (in.mask[i] != out.mask[i]) {
            snprintf(text, sizeof text, "k%d", i);
            return text;
        }
    return NULL;
}

const char *hold_general(unsigned seed, unsigned long spins, int damage)
{
    static const char *const name[] = {"rbx", "r8",  "r9",  "r10", "r11",
                                       "r12", "r13", "r14", "r15", "flags"};
    uint64_t in[10], out[10];
    unsigned long n = spins ? spins : 1;

    fill(in, sizeof in, seed);
    in[9] = 1; /* the carry flag, which dec leaves alone */
    __asm__ volatile(
        "mov 0(%[in]), %%rbx\n mov 8(%[in]), %%r8\n mov 16(%[in]), %%r9\n"
        "mov 24(%[in]), %%r10\n mov 32(%[in]), %%r11\n"
        "mov 40(%[in]), %%r12\n mov 48(%[in]), %%r13\n"
        "mov 56(%[in]), %%r14\n mov 64(%[in]), %%r15\n"
        "stc\n1: dec %[n]\n jnz 1b\n"
        "mov %%rbx, 0(%[out])\n mov %%r8, 8(%[out])\n mov %%r9, 16(%[out])\n"
        "mov %%r10, 24(%[out])\n mov %%r11, 32(%[out])\n"
        "mov %%r12, 40(%[out])\n mov %%r13, 48(%[out])\n"
        "mov %%r14, 56(%[out])\n mov %%r15, 64(%[out])\n"
        "setc %b[n]\n movzbl %b[n], %k[n]\n mov %[n], 72(%[out])\n"
        : [n] "+a"(n)
        : [in] "D"(in), [out] "S"(out)
        : "rbx", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15",
          "memory", "cc");
    if (damage)
        out[seed % 9] ^= 1;
    for (int i = 0; i < 10; i++)
        if (in[i] != out[i])
            return name[i];
    return NULL;
}
