/*
 * local.h - what this node's /proc says of a process.
 */
#ifndef CKPT_COORDINATOR_LOCAL_H
#define CKPT_COORDINATOR_LOCAL_H

#include <stddef.h>
#include <stdint.h>

/* Nonzero when nothing of it runs any more: no such process, or a zombie
 * (one whose first thread alone has ended still runs). comm (may be NULL)
 * gets its name, or "". */
int ck_local_gone(uint32_t pid, char *comm, size_t cap);

#endif
