/*
 * x86_64/frame.h - a thread's registers as a signal frame.
 *
 * rt_sigreturn is the one way by which a thread goes on, after a checkpoint
 * and after a restart. ck_frame_build turns what ptrace reads into a frame
 * that the kernel accepts; ck_frame_* change what a rewound call needs.
 * Facts: arch/x86/kernel/signal_64.c and fpu/signal.c of Linux.
 */
#ifndef CKPT_LIB_ARCH_X86_64_FRAME_H
#define CKPT_LIB_ARCH_X86_64_FRAME_H

#include <stddef.h>
#include <stdint.h>
#include <sys/user.h>
#include <ucontext.h>

#include "lib/arch/x86_64/xstate.h"

/* What a syscall was doing when its thread was stopped. */
struct ck_sysret {
    int32_t nr;   /* number, or -1: the thread was in user code */
    int32_t how;  /* 0, or the kernel's restart code (ERESTARTSYS...) */
};

/* Fills uc from regs and mask; x is a frame already (ck_xstate_frame) and
 * must stay where it is until rt_sigreturn. */
void ck_frame_build(ucontext_t *uc, const struct user_regs_struct *regs,
                    uint64_t mask, struct ck_xstate *x);

/* The general registers of a signal frame; the others are 0. */
void ck_frame_regs(struct user_regs_struct *regs, const greg_t *g);

/* Decides from regs whether a system call was interrupted, and rewinds regs
 * so that it is executed again; eintr_restarts says whether -EINTR of this
 * call means "never delivered to the program". */
struct ck_sysret ck_frame_rewind(struct user_regs_struct *regs,
                                 int32_t remembered);

/* Makes a rewound call return -EINTR instead of being executed again. */
void ck_frame_eintr(ucontext_t *uc);

/* The n-th argument register (0..5) of the system call in uc. */
greg_t *ck_frame_arg(ucontext_t *uc, unsigned n);

/* If the thread stands inside a restartable sequence, sends it to the abort
 * address, as the kernel does at a preemption. rseq may be 0. */
void ck_frame_rseq(struct user_regs_struct *regs, uint64_t rseq);

/* The calling thread goes on from uc. The last instruction before the system
 * call that reads it adds 1 to *left; it is done with uc from then on, but for
 * that call itself, which stands at ck_frame_leaving. */
_Noreturn void ck_frame_return(ucontext_t *uc, uint32_t *left);
extern const char ck_frame_leaving[] __attribute__((visibility("hidden")));

/* Makes regs start fn(arg) on the stack that ends at top. */
void ck_frame_call(struct user_regs_struct *regs, uint64_t fn, uint64_t arg,
                   uint64_t top);

#endif
