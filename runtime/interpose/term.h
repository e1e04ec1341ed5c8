/*
 * term.h - the SIGTERM that Slurm sends when a preemption begins; term.c.
 */
#ifndef CKPT_RUNTIME_INTERPOSE_TERM_H
#define CKPT_RUNTIME_INTERPOSE_TERM_H

#include <signal.h>
#include <stdint.h>

#include "runtime/runtime.h"

/* By the constructor, in a Slurm job. */
CK_HIDDEN void ck_term_init(void);
/* Nonzero: SIGTERM's action is kept here. Constant after the constructor. */
extern CK_HIDDEN int ck_term_on;
/* sigaction(SIGTERM, act, old), when it is. */
CK_HIDDEN int ck_term_action(const struct sigaction *act,
                             struct sigaction *old);
/* Before another program is executed, in which the runtime will be: it comes
 * when that is there. Nonzero if so; else nothing is changed. */
CK_HIDDEN int ck_term_shut(void);
/* By the constructor: was it so? When it is there, or the program is not
 * executed after all. */
CK_HIDDEN int ck_term_was_shut(void);
CK_HIDDEN void ck_term_open(void);
/* siginterrupt(SIGTERM, yes) has been called, when it is. */
CK_HIDDEN int ck_term_interrupts(int yes);
/* One has been received, in a handler or by waiting for it. Is it kept back?
 * If not, info is what the program is to know of it. */
CK_HIDDEN int ck_term_keep(siginfo_t *info);

/* ---- for the agent; no TLS ---- */

/* Is one of Slurm's held back? One that was not Slurm's is let go. */
CK_HIDDEN int ck_term_held(void);
/* It is the program's after all; if there is none, it gets another. */
CK_HIDDEN void ck_term_deliver(void);
/* In a fork child, after a restart: it is not ours any more. */
CK_HIDDEN void ck_term_forget(void);
/* Pending in an image: sent by Slurm to a run that is over. */
CK_HIDDEN int ck_term_is_stale(const siginfo_t *info);

#endif
