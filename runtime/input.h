/*
 * input.h - what a launcher (srun) reads for its tasks; see input.c.
 */
#ifndef CKPT_RUNTIME_INPUT_H
#define CKPT_RUNTIME_INPUT_H

#include <stdint.h>

#include "lib/image/watched.h"
#include "lib/proto/messages.h"

/* Descriptors above 2 that may be its input; read by the capture. */
extern __attribute__((visibility("hidden"))) int32_t ck_inputs[CK_INPUTS_MAX];

/* ---- on the launcher's own thread ---- */

/* In the constructor. kept: numbers, with commas, of what is to take the
 * place of what the launcher will open; NULL: it begins anew. */
void ck_input_begin(const char *kept);
/* It has opened fd. */
void ck_input_opened(int fd, int flags);
/* Is it executed again? */
int ck_input_again(void);

/* ---- on the agent ---- */

/* Reads nothing more from here on, and sends token as the last. CK_INPUT_STILL,
 * or -errno with a reason. */
int ck_input_hold(uint32_t id, const uint8_t token[16], char *why,
                  size_t cap);
/* All are parked: its input is in its place again. */
void ck_input_parked(void);
/* They are about to run on. */
void ck_input_going(void);
/* They were not parked, and are to read on. */
void ck_input_let(void);
/* After a restart: all tasks are there. 1: it was waited for. */
int ck_input_go(void);
/* Now and then, while ck_input_waits(): may it read on? */
int ck_input_waits(void);
void ck_input_look(void);

#endif
