/*
 * x86_64/syscall.h - the system call instruction.
 * The kernel destroys rcx and r11 and nothing else. The number stands in the
 * instruction right before it, or in a register that is left as it is: so it
 * can be read there when the call is over (callnr.h).
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

    __asm__ volatile("mov %1, %%rax\n\t"
                     "syscall"
                     : "=&a"(ret)
                     : "re"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8),
                       "r"(r9)
                     : "rcx", "r11", "memory");
    return ret;
}
#endif

#endif
