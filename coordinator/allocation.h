/*
 * allocation.h - the job's allocation: a thread that asks Slurm.
 *
 * Slurm's answers may take seconds, so they are waited for on a thread of
 * their own: it looks once a second (ck_slurm_ops.look), requeues when told,
 * and leaves what it learned for the loop, which an eventfd wakes.
 */
#ifndef CKPT_COORDINATOR_ALLOCATION_H
#define CKPT_COORDINATOR_ALLOCATION_H

#include <stdint.h>

#include "coordinator/loop.h"
#include "coordinator/slurm_api.h"
#include "lib/base/err.h"

struct ck_allocation;

/* All are called on the loop's thread. */
struct ck_allocation_ops {
    void (*looked)(void *arg, const struct ck_slurm_job *job);
    /* Slurm does not answer, and why; once per outage. */
    void (*lost)(void *arg, const char *why);
    /* Behind one of these, or instead of it while the outage lasts: the look
     * that was asked for under this number, and any before, is over. */
    void (*answered)(void *arg, uint32_t number, int known);
    /* may it be requeued: 1 or 0; why is "" for 1. */
    void (*may)(void *arg, int may, const char *why);
    /* 0, or negative errno and why. */
    void (*requeued)(void *arg, int code, const char *why);
};

/* lib/ckpt/ckpt-slurm.so of this installation, or NULL (module.c). */
const struct ck_slurm_ops *ck_slurm_module(struct ck_err *e);

int ck_allocation_open(struct ck_allocation **out, struct ck_loop *loop,
                       uint32_t job, const struct ck_slurm_ops *slurm,
                       const struct ck_allocation_ops *ops, void *arg,
                       struct ck_err *e);
/* The answer comes through ops->requeued. */
void ck_allocation_requeue(struct ck_allocation *a, const char *why);
/* The job's comment, if that is not the user's. Nobody waits for it. */
void ck_allocation_comment(struct ck_allocation *a, const char *text);
/* Look now; the answer is not older than this question. Its number. */
uint32_t ck_allocation_look(struct ck_allocation *a);
/* Does not wait for an answer that Slurm owes us. NULL is fine. */
void ck_allocation_close(struct ck_allocation *a);

#endif
