/*
 * task.h - what a process has besides memory, threads and descriptors.
 *
 * One file per kind, each a pair: save, called on the agent thread while the
 * process is parked, and restore, called after a restart before anything
 * runs on. What save learns lies in the file's own static data: it is part
 * of the process's memory and so of its image; no format is needed.
 *
 * Stages of a restore: EARLY before the threads exist; LATE when everything
 * is certain (after GO), for what begins to count or to act: timers, pending
 * signals, limits.
 */
#ifndef CKPT_RUNTIME_TASK_H
#define CKPT_RUNTIME_TASK_H

#include <stddef.h>

enum ck_stage { CK_STAGE_EARLY, CK_STAGE_LATE };

/* X(name): int ck_<name>_save(char *why, size_t cap) and
 * int ck_<name>_restore(enum ck_stage, char *why, size_t cap); 0 or -errno
 * with a reason. The one list of kinds; the order is that of saving and of
 * restoring: a timer that runs out before it is read has left a signal. */
#define CK_TASK_KINDS(X)                                     \
    X(xstate) X(cputime) X(attrs) X(sched) X(timers) X(signals) X(locks) \
    X(membarrier) X(sysv) X(limits)

#define CK_TASK_DECLARE(name)                   \
    int ck_##name##_save(char *why, size_t cap); \
    int ck_##name##_restore(enum ck_stage stage, char *why, size_t cap);
CK_TASK_KINDS(CK_TASK_DECLARE)

/* timers.c: since they were read, or this was asked, has one run out or come
 * round? They are read again. */
int ck_timers_moved(void);

/* attrs.c: what is mapped from now on is locked (mlockall MCL_FUTURE); flags
 * of an area that shows it, CK_AF_LOCKED and CK_AF_ONFAULT. */
void ck_attrs_lock(unsigned flags);

static inline int ck_task_save(char *why, size_t cap)
{
    int r = 0;
#define CK_TASK_SAVE(name)                  \
    if (!r)                                 \
        r = ck_##name##_save(why, cap);
    CK_TASK_KINDS(CK_TASK_SAVE)
    return r;
}

static inline int ck_task_restore(enum ck_stage stage, char *why, size_t cap)
{
    int r = 0;
#define CK_TASK_RESTORE(name)                      \
    if (!r)                                        \
        r = ck_##name##_restore(stage, why, cap);
    CK_TASK_KINDS(CK_TASK_RESTORE)
    return r;
}

#endif
