/*
 * unseen.h - what a signal's handler does to the system call that the signal
 * has interrupted; see unseen.c.
 */
#ifndef CKPT_RUNTIME_UNSEEN_H
#define CKPT_RUNTIME_UNSEEN_H

#include <ucontext.h>

#include "runtime/runtime.h"

/* regs stand right behind a system call. Its number, or -1: it can't be told,
 * or they do not. */
CK_HIDDEN int32_t ck_call_behind(const greg_t *regs);
/* In the handler of a signal that the program is not to notice, with all
 * signals blocked: what is interrupted goes on as if there had been none. */
CK_HIDDEN void ck_unseen(ucontext_t *uc);
/* Before a handler of the program's: what is interrupted ends as it would if
 * the handler had been installed with SA_RESTART, or without it. */
CK_HIDDEN void ck_seen(ucontext_t *uc, int restarts);

#endif
