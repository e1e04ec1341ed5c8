/*
 * x86_64/syscall.h - the system call instruction.
 * The kernel destroys rcx and r11 and nothing else.
 */
#ifndef CKPT_LIB_ARCH_X86_64_SYSCALL_H
#define CKPT_LIB_ARCH_X86_64_SYSCALL_H

#ifdef __clang_analyzer__
/* An analyser cannot see what the kernel writes through the arguments. */
long ck_syscall6(long nr, long a, long b, long c, long d, long e, long f);
#else
static inline __attribute__((always_inline)) long
ck_syscall6(long nr, long a, long b, long c, long d, long e, long f)
{
    register long r10 __asm__("r10") = d;
    register long r8 __asm__("r8") = e;
    register long r9 __asm__("r9") = f;
    long ret;

    __asm__ volatile("syscall"
                     : "=a"(ret)
                     : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8),
                       "r"(r9)
                     : "rcx", "r11", "memory");
    return ret;
}
#endif

#endif
