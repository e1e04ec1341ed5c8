/*
 * agent.h - the agent thread; see agent.c.
 */
#ifndef CKPT_RUNTIME_AGENT_H
#define CKPT_RUNTIME_AGENT_H

#include <stdint.h>

#include "runtime/runtime.h"

/* After a restart: starts the agent on an authenticated connection, and
 * returns when it has a descriptor table of its own; 0 or -errno. When the
 * process is complete but for threads on their way to rest, let_report: it
 * says RESTORED, waits for GO, and lets the threads go. */
int ck_agent_start_restored(int fd, uint64_t bytes);
void ck_agent_let_report(void);

/* Until the agent has a table of its own, or limit_ms is over: then it closes
 * nothing any more that the program may have. */
void ck_agent_wait_table(int limit_ms);

/* In a fork child: forgets the parent's agent and starts an own one. */
void ck_agent_after_fork(void);

/* Ends the agent: ALONE for a call that only the one thread of a process may
 * make, and ck_agent_start() afterwards; what it has begun is completed before.
 * ENDING when the process will be gone with it. 0, or -ETIMEDOUT: it is still
 * there. */
enum ck_leave { CK_LEAVE_ALONE = 1, CK_LEAVE_ENDING = 2 };
int ck_agent_leave(enum ck_leave how, int limit_ms);

/* Makes it look at once (await.c). On any thread; also where none is. */
void ck_agent_ring(void);

/* Any thread may ask. alone: there was no coordinator, or it is gone. can_ask:
 * there is one, or is not known to be none: it is connected to as soon as a
 * process begins. */
int ck_agent_can_ask(void);
int ck_agent_alone(void);

#endif
