/*
 * amx.h - AMX tiles for programs that any compiler builds: asking for them,
 * using one, and holding one in a register until a flag is set.
 */
#ifndef CKPT_TESTS_AMX_H
#define CKPT_TESTS_AMX_H

#include "regs.h"
#include <sys/syscall.h>

#define ARCH_GET_XCOMP_PERM 0x1022
#define ARCH_REQ_XCOMP_PERM 0x1023
#define AMX_TILEDATA 18

/* One tile, tmm0, of 16 rows with 64 bytes. */
static const unsigned char amx_config[64] __attribute__((
    aligned(64), unused)) = {[0] = 1, [16] = 64, [48] = 16};

static inline int amx_permission(uint64_t *perm)
{
    return syscall(SYS_arch_prctl, ARCH_GET_XCOMP_PERM, perm) == 0;
}

static inline int amx_ask(void)
{
    return syscall(SYS_arch_prctl, ARCH_REQ_XCOMP_PERM, AMX_TILEDATA) == 0;
}

#define AMX_LOAD "ldtilecfg (%[config])\n mov $64, %%r8\n" \
                 "tileloadd (%[in],%%r8,1), %%tmm0\n"
#define AMX_SAVE "mov $64, %%r8\n tilestored %%tmm0, (%[out],%%r8,1)\n" \
                 "tilerelease\n"

/* Through a tile and back. */
static inline int amx_works(void)
{
    static __thread unsigned char in[1024], out[1024];

    claim_fill(in, sizeof in, 19);
    __asm__ volatile(AMX_LOAD AMX_SAVE
                     :
                     : [in] "r"(in), [out] "r"(out), [config] "r"(amx_config)
                     : "memory", "r8");
    return memcmp(in, out, sizeof in) == 0;
}

#define HOLD_COUNTED(load, save, i, o, flag, entered)                       \
    __asm__ volatile(load "lock incl (%[count])\n"                          \
                          "1: pause\n cmpl $0, (%[wait])\n je 1b\n" save    \
                     :                                                      \
                     : [in] "r"(i), [out] "r"(o), [wait] "r"(flag),         \
                       [count] "r"(entered), [config] "r"(amx_config)       \
                     : "memory", "cc", "r8", "xmm5")

#define YMM_LOAD "vmovups (%[in]), %%ymm5\n"
#define YMM_SAVE "vmovups %%ymm5, (%[out])\n vzeroupper\n"

/* 32 bytes of i in a vector, and its 1024 in a tile, until *flag is set; then
 * they are written to o. *entered counts who holds. */
#define AVX_HOLD(i, o, flag, entered) \
    HOLD_COUNTED(YMM_LOAD, YMM_SAVE, i, o, flag, entered)
#define AMX_HOLD(i, o, flag, entered) \
    HOLD_COUNTED(AMX_LOAD YMM_LOAD, AMX_SAVE YMM_SAVE, i, o, flag, entered)

#endif
