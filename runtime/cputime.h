/*
 * cputime.h - processor time that was used before a restart
 * (interpose/cputime.c; the process's part is a kind in task/task.h).
 */
#ifndef CKPT_RUNTIME_CPUTIME_H
#define CKPT_RUNTIME_CPUTIME_H

#include <stdint.h>
#include <string.h>

#include "runtime/task/task.h"

struct ck_cputime {
    int64_t clock_ns, user_us, system_us;
};

/* In a fork child: nothing was used yet. */
void ck_cputime_forget(void);

/* On the thread itself, which is a libc one, in the parking code: what it has
 * used in all; and, after a restart, that it goes on from there. */
void ck_cputime_parked(struct ck_cputime *total);
void ck_cputime_resumed(const struct ck_cputime *total);

#endif
