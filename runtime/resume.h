/*
 * resume.h - where a restart enters the runtime; see resume.c.
 */
#ifndef CKPT_RUNTIME_RESUME_H
#define CKPT_RUNTIME_RESUME_H

#include "lib/image/handoff.h"
#include "runtime/runtime.h"

extern CK_HIDDEN struct ck_handoff ck_handoff;

/* The restorer jumps here on the process's first thread, with ck_handoff
 * filled. Does not return. */
_Noreturn void ck_resume_entry(void);

/* All are at their places of rest: gives up, by fd, what is not whole. */
void ck_resume_check(int fd);

/* The number the program knows this process by: noted when it was saved. */
int32_t ck_resume_vpid(void);
void ck_resume_note(int32_t vpid);

/* ---- mend.c ---- */
/* fresh: the threads' new real numbers, by slot; the slots still have the
 * old ones. */
void ck_mend_locks(const int32_t *fresh);
void ck_mend_find_data(void); /* from the constructor */

/* interpose/timer.c: where libc has the number of its own thread. */
void ck_timer_renumber(int32_t old, int32_t fresh);

#endif
