/*
 * left.h - processes of the computation on this node, by /proc.
 */
#ifndef CKPT_COORDINATOR_LEFT_H
#define CKPT_COORDINATOR_LEFT_H

#include <sys/types.h>

/* Calls fn for each, connected or not, until it says nonzero; with `sure` 0
 * for those of whom it can't be told for the moment (they are being
 * executed). */
void ck_left_each(const char *dir,
                  int (*fn)(void *arg, pid_t pid, int sure), void *arg);

/* Was its program started without our library in its environment, so that it
 * will never connect? A fork of one that has it has it; the environment that
 * /proc shows may be overwritten (setproctitle). */
int ck_left_out(pid_t pid, const char *dir);

#endif
