/*
 * tracer.h - the transient process that traces our threads and shares our
 * memory: how it is made, and its own functions; see stop.c and tracer.c.
 */
#ifndef CKPT_RUNTIME_TRACER_H
#define CKPT_RUNTIME_TRACER_H

#include <linux/ptrace.h>

#include "lib/sys/syscall.h"
#include "runtime/thread.h"

static inline long ck_pt(long request, int32_t tid, const void *addr,
                         const void *data)
{
    return sys4(SYS_ptrace, request, tid, addr, data);
}

/* ---- in who makes it ---- */

/* Runs look(arg) in a tracer of our threads and waits for its end, `limit_us`
 * at most. What look has returned; -ETIMEDOUT: it was ended; -ECHILD: it has
 * ended without; or why there is none, with *made 0. */
int ck_tracer_run(int (*look)(void *arg), void *arg, uint64_t limit_us,
                  int *made);

/* ---- in the tracer ---- */

/* Notes the reason, if it is the first; returns err. */
int ck_tracer_fail(int err, const char *what, int32_t tid);

/* Fills t's slot. 0, 1: it must run on for a moment, or -errno. pid is its
 * process. */
int ck_tracer_read(int32_t pid, struct ck_slot *t);
/* What a stopped thread is refused for, or NULL. */
const char *ck_tracer_refused(int32_t pid, int32_t tid);
/* The signals that wait for t, or for the process. */
void ck_tracer_pending(struct ck_slot *t, int shared, struct ck_pending *out);
/* Is there one of the program's own that would end t's call? */
int ck_tracer_signal_due(struct ck_slot *t);

#endif
