/*
 * partial.h - transfers that were stopped halfway; see partial.c.
 */
#ifndef CKPT_RUNTIME_PARTIAL_H
#define CKPT_RUNTIME_PARTIAL_H

#include <stdint.h>
#include <sys/user.h>

/* regs stand behind system call nr. Is it a transfer that was, or may have
 * been, stopped halfway? */
int ck_partial(const struct user_regs_struct *regs, long nr);
/* Then they are changed so that it is completed first. What the thread has to
 * block when it goes on: `mask`, or more. */
uint64_t ck_partial_finish(struct user_regs_struct *regs, long nr,
                           uint64_t mask);
/* Or it is completed at once, by who has all signals blocked, and has `mask`
 * to go back to. What the call returns then. */
long ck_partial_complete(const struct user_regs_struct *regs, long nr,
                         uint64_t mask);

#endif
