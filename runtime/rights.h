/*
 * rights.h - threads that can't be parked or put back because of what they
 * may do; see rights.c.
 */
#ifndef CKPT_RUNTIME_RIGHTS_H
#define CKPT_RUNTIME_RIGHTS_H

#include <stdint.h>

/* In the constructor, and after a restart: what the process was given. */
void ck_rights_note(void);
/* Before threads are looked at. */
void ck_rights_begin(int32_t pid);
/* What thread tid of process pid is refused for, or NULL. */
const char *ck_rights_refused(int32_t pid, int32_t tid);

#endif
