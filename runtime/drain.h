/*
 * drain.h - how much of a process's output is still on its way; see drain.c.
 */
#ifndef CKPT_RUNTIME_DRAIN_H
#define CKPT_RUNTIME_DRAIN_H

#include "lib/proto/messages.h"

/* Fills in what is unread of standard output and error where these are pipes,
 * and what tells whether somebody who carries it has run (docs/protocol.md). */
void ck_drain_look(struct ck_msg_drained *m);

#endif
