/*
 * traced.h - a process that another of the computation traces; see traced.c.
 */
#ifndef CKPT_RUNTIME_TRACED_H
#define CKPT_RUNTIME_TRACED_H

#include <stddef.h>

/* Is a thread of this process traced by a program that is under control too?
 * 0, or -ENOTSUP and `why` names the tracer. */
int ck_traced_refused(char *why, size_t cap);

#endif
