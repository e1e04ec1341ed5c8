/*
 * x86_64/clone.h - clone(2) with a new stack, without libc.
 *
 * The child starts fn(arg) on the stack that ends at `top` and ends its
 * thread with exit(fn's value). The caller gets the id, or -errno. The child
 * shares the caller's thread pointer: fn must not use TLS.
 */
#ifndef CKPT_LIB_ARCH_X86_64_CLONE_H
#define CKPT_LIB_ARCH_X86_64_CLONE_H

#include <stdint.h>

#include "lib/arch/x86_64/syscall.h"

static __attribute__((noinline, unused)) long
ck_clone(unsigned long flags, void *top, int *ptid, int *ctid,
         int (*fn)(void *), void *arg)
{
    uintptr_t *sp = (uintptr_t *)((uintptr_t)top & ~15ul);
    register long r10 __asm__("r10") = (long)ctid;
    register long r8 __asm__("r8") = 0;
    long ret;

    *--sp = (uintptr_t)arg;
    *--sp = (uintptr_t)fn;
    __asm__ volatile("syscall\n\t"
                     "test %%rax, %%rax\n\t"
                     "jnz 1f\n\t"
                     "xor %%ebp, %%ebp\n\t"
                     "pop %%rax\n\t"
                     "pop %%rdi\n\t"
                     "call *%%rax\n\t"
                     "mov %%eax, %%edi\n\t"
                     "mov $60, %%eax\n\t"
                     "syscall\n\t"
                     "ud2\n"
                     "1:"
                     : "=a"(ret)
                     : "a"(56L), "D"(flags), "S"(sp), "d"(ptid), "r"(r10),
                       "r"(r8)
                     : "rcx", "r11", "memory", "cc");
    return ret;
}

#endif
