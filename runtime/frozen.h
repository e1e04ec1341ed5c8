/*
 * frozen.h - processes that a signal has stopped (frozen.c); all on the
 * agent's thread but what says otherwise.
 */
#ifndef CKPT_RUNTIME_FROZEN_H
#define CKPT_RUNTIME_FROZEN_H

#include <stddef.h>
#include <stdint.h>

/* Lets the agent of a child that is stopped answer. 0 or -errno; then, why
 * the last one can't. */
int ck_frozen_child(int32_t pid);
void ck_frozen_why(char *why, size_t cap);
/* A child may be stopped while it is being parked, or is parked already: its
 * agent has to go on all the same. */
void ck_frozen_watch(const uint32_t *children, uint32_t n);
void ck_frozen_forget(void);
/* To the process of this number that was made at that time, if there is one:
 * its own agent need not be able to. Always 0. */
long ck_frozen_signal(int32_t pid, uint64_t start, uint32_t sig);
/* They are stopped again; before threads of ours run. */
void ck_frozen_let_go(void);
/* In the tracer: until n threads that it lets run are parked; detaches. */
void ck_frozen_settle(uint32_t n, uint64_t deadline_us);
/* Notes that this process is stopped. */
void ck_frozen_note(void);
/* Is this process stopped, now that its agent runs? */
int ck_frozen_still(void);
/* Before a snapshot: a parent that was parked later than this process may have
 * sent SIGCONT to it, and so may we to a child. */
void ck_frozen_settled(void);
/* After a restart: no signal about children that are going to stop; and on
 * GO: stopped children are waited for, then this process stops if it was. */
void ck_frozen_expect(void);
void ck_frozen_again(void);

#endif
