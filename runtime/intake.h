/*
 * intake.h - what a launcher (srun) has read for this task; see intake.c.
 * All on the agent.
 */
#ifndef CKPT_RUNTIME_INTAKE_H
#define CKPT_RUNTIME_INTAKE_H

#include <stdint.h>

#include "lib/proto/messages.h"

/* Is the pipe from the launcher open here? enum ck_input. */
uint8_t ck_intake_look(void);
/* Takes in for a moment; again until it is CK_INPUT_STILL. */
uint8_t ck_intake_pull(const struct ck_msg_drain *m, uint64_t *bytes);
/* The checkpoint has failed: waits, with a limit, for what is on its way, and
 * puts it back. */
void ck_intake_end(void);
/* The program runs on, or begins: is there something to put in for it? */
void ck_intake_going(void);
/* Puts in what there is room for. Milliseconds until it is to be called
 * again, -1: not at all. */
int ck_intake_feed(void);
/* In a fork child, and after a restart. */
void ck_intake_forget(void);

#endif
