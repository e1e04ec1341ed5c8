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
/* How many this thread has swallowed: a call that was interrupted by nothing
 * else is made again. */
extern CK_HIDDEN __thread uint32_t ck_term_swallowed;

/* ---- for the agent; no TLS ---- */

/* One has come and is held back. */
CK_HIDDEN int ck_term_held(void);
/* It is the program's after all. */
CK_HIDDEN void ck_term_deliver(void);
/* In a fork child, after a restart: it is not ours any more. */
CK_HIDDEN void ck_term_forget(void);
/* Pending in an image: sent by Slurm to a run that is over. */
CK_HIDDEN int ck_term_is_stale(const siginfo_t *info);

#endif
