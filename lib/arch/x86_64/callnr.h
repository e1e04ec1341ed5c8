/*
 * x86_64/callnr.h - which system call it was, by the instructions before it.
 *
 * Behind a call rax has the result, and nothing that a signal's frame holds
 * tells the number. Some instruction has put it into rax, as a constant or
 * from a register that the kernel leaves alone, or from the stack, and what
 * compilers put between that one and the call are moves of the arguments. Ours
 * (syscall.h) have nothing in between.
 */
#ifndef CKPT_LIB_ARCH_X86_64_CALLNR_H
#define CKPT_LIB_ARCH_X86_64_CALLNR_H

#include <stddef.h>
#include <stdint.h>
#include <ucontext.h>

#define CK_CALLNR_BYTES 40 /* more are not looked at */
#define CK_CALLS 1024      /* there are fewer */

/* The n bytes at code end behind a syscall instruction; regs are as they are
 * there. The number; or -1: it can't be told, or, if *at is not 0, it is the
 * word there, or, if *argument is not -1, it is what the function was given
 * in that register (glibc 2.41, in a program of several threads). */
int32_t ck_callnr(const uint8_t *code, size_t n, const greg_t *regs,
                  uint64_t *at, int *argument);

#define CK_CALL_BYTES 5 /* of a call of a function */

/* The same where the n bytes end behind the call of that function, which has
 * pushed nothing; rsp is as it was before the call. */
int32_t ck_callnr_given(const uint8_t *code, size_t n, const greg_t *regs,
                        int argument, uint64_t *at);

#endif
