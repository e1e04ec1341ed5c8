/*
 * outside.h - programs that the runtime can't be loaded into, told to the
 * coordinator when they are executed.
 *
 * Who executes one has no connection: the agent has it, in a table of its
 * own. It is given the text and sends it before the exec, which ends it.
 */
#ifndef CKPT_RUNTIME_OUTSIDE_H
#define CKPT_RUNTIME_OUTSIDE_H

#include "runtime/runtime.h"

/* On any thread, also in a vfork child: process pid runs the program at path,
 * of which `why` holds (lib/sys/program.h). Waits until the agent has sent it,
 * not long, and not at all where there is no coordinator. */
CK_HIDDEN void ck_outside_tell(pid_t pid, const char *path, const char *why);

/* The agent, that is connected to fd: sends what there is to tell, and lets
 * go on who waits for that. */
CK_HIDDEN void ck_outside_send(int fd);
/* In a fork child. */
CK_HIDDEN void ck_outside_forget(void);

#endif
