/*
 * syscall.h - system calls without libc.
 *
 * For code that runs inside somebody else's process (the agent thread, a
 * parked thread, the restorer): no errno, no cancellation point, no lock.
 * Every function returns what the kernel returns: a value, or -errno.
 * The instruction itself is in arch/<isa>/syscall.h.
 */
#ifndef CKPT_LIB_SYS_SYSCALL_H
#define CKPT_LIB_SYS_SYSCALL_H

#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>

#if defined(__x86_64__)
#include "lib/arch/x86_64/syscall.h"
#else
#error "no syscall.h for this architecture; see lib/arch/"
#endif

#define CK_A(x) ((long)(x))
#define sys0(nr) ck_syscall6((nr), 0, 0, 0, 0, 0, 0)
#define sys1(nr, a) ck_syscall6((nr), CK_A(a), 0, 0, 0, 0, 0)
#define sys2(nr, a, b) ck_syscall6((nr), CK_A(a), CK_A(b), 0, 0, 0, 0)
#define sys3(nr, a, b, c) \
    ck_syscall6((nr), CK_A(a), CK_A(b), CK_A(c), 0, 0, 0)
#define sys4(nr, a, b, c, d) \
    ck_syscall6((nr), CK_A(a), CK_A(b), CK_A(c), CK_A(d), 0, 0)
#define sys5(nr, a, b, c, d, e) \
    ck_syscall6((nr), CK_A(a), CK_A(b), CK_A(c), CK_A(d), CK_A(e), 0)
#define sys6(nr, a, b, c, d, e, f) \
    ck_syscall6((nr), CK_A(a), CK_A(b), CK_A(c), CK_A(d), CK_A(e), CK_A(f))

/* True for a value in the kernel's error range. */
static inline int sys_failed(long r)
{
    return (unsigned long)r > -4096UL;
}

#endif
