/*
 * xstate.h - what frames of threads need to know of the processor.
 */
#ifndef CKPT_RUNTIME_TASK_XSTATE_H
#define CKPT_RUNTIME_TASK_XSTATE_H

#include "lib/arch/x86_64/xstate.h"
#include "runtime/runtime.h"

/* The machine that the slots' frames are for. */
extern CK_HIDDEN struct ck_xmachine ck_xmachine;
/* Looks at it, once in each life of the process. */
void ck_xstate_look(void);
/* On the thread itself, after a restart: what it needs for its frame. */
void ck_xstate_become(void);

#endif
