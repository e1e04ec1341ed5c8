/*
 * helper.h - runs `ckpt capture` beside a parked tree. Agent thread only.
 */
#ifndef CKPT_RUNTIME_HELPER_H
#define CKPT_RUNTIME_HELPER_H

#include <stddef.h>
#include <stdint.h>

/* Of the command that is installed with this runtime. 0 or -errno. */
int ck_command_path(char *path, size_t cap);
/* Starts it for image set id. 0 or -errno with a reason. */
int ck_helper_start(uint32_t id, char *why, size_t cap);
int ck_helper_running(void);
/* Has it ended in a way that it can't have reported itself? 1 with a
 * reason and the image set that it was for, once; else 0. */
int ck_helper_lost(uint32_t *id, char *why, size_t cap);
void ck_helper_forget(void);

#endif
