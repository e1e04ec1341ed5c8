/*
 * outside.h - a program is executed: has it been said, if nothing of ours can
 * be loaded into it (outside.c)? Nothing the program sees is changed, errno
 * neither.
 */
#ifndef CKPT_RUNTIME_INTERPOSE_OUTSIDE_H
#define CKPT_RUNTIME_INTERPOSE_OUTSIDE_H

#include "runtime/runtime.h"

/* pid: of the process that it is executed by, 0: this one. Nonzero: the
 * runtime will be in it, if the environment says so. */
CK_HIDDEN int ck_outside_look(pid_t pid, const char *path);
/* In PATH, if the name has no slash. */
CK_HIDDEN int ck_outside_search(pid_t pid, const char *file);
/* An empty path: what dirfd itself leads to. */
CK_HIDDEN int ck_outside_at(int dirfd, const char *path);

#endif
