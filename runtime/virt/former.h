/*
 * former.h - numbers that threads of this process had in former lives.
 *
 * glibc writes a thread's number down in the locks that it holds, and a
 * restart gives the thread another. Which memory is a lock nobody can tell
 * by looking at it, so nothing is changed at the restart but what is a lock
 * for certain (runtime/mend.c); the others are put right when somebody uses
 * them (runtime/interpose/lock.c), with this table.
 */
#ifndef CKPT_RUNTIME_VIRT_FORMER_H
#define CKPT_RUNTIME_VIRT_FORMER_H

#include "runtime/runtime.h"

/* Nonzero if there is anything in the table. */
extern CK_HIDDEN uint32_t ck_formers;

/* Adds the present numbers of all slots, which will be former ones, and drops
 * those of threads that are not there any more. 0 or -ENOMEM. */
CK_HIDDEN int ck_former_note(void);
/* A fork child: none of its threads had a former life. */
CK_HIDDEN void ck_former_forget(void);

/* The program's number of the thread that had the number `was`; 0: none. */
CK_HIDDEN int32_t ck_former_of(int32_t was);
/* The number that it has now; 0: none, or `was` is another thread's by now.
 * Inside the window of wrap.h. */
CK_HIDDEN int32_t ck_former_now(int32_t was);

#endif
