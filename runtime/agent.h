/*
 * agent.h - the agent thread; see agent.c.
 */
#ifndef CKPT_RUNTIME_AGENT_H
#define CKPT_RUNTIME_AGENT_H

#include <stdint.h>

#include "runtime/runtime.h"

/* After a restart: starts the agent on an authenticated connection; it says
 * RESTORED, waits for GO, and lets the threads go. 0 or -errno. */
int ck_agent_start_restored(int fd, uint64_t bytes);

/* In a fork child: forgets the parent's agent and starts an own one. */
void ck_agent_after_fork(void);

/* Is there a coordinator at present? Any thread may ask. */
int ck_agent_connected(void);

#endif
