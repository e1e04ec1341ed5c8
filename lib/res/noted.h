/*
 * noted.h - what the runtime of a process has noted for the capture; noted.c.
 */
#ifndef CKPT_LIB_RES_NOTED_H
#define CKPT_LIB_RES_NOTED_H

#include <sys/types.h>

#include "lib/image/watched.h"

/* Of process pid: its memory, opened for reading, or -1. */
int ck_res_noted(pid_t pid, struct ck_watched_head *head);

#endif
