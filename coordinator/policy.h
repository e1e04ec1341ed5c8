/*
 * policy.h - when to take the next checkpoint.
 *
 * An engine without I/O. All times are milliseconds of one clock that never
 * goes back; 0 stands for "never" or "not known". The coordinator tells it
 * what it learns and asks ck_policy_due before it begins a checkpoint.
 */
#ifndef CKPT_COORDINATOR_POLICY_H
#define CKPT_COORDINATOR_POLICY_H

#include <stdint.h>

enum ck_due {
    CK_DUE_NONE,
    CK_DUE_CLOCK,   /* the interval is over */
    CK_DUE_REQUEST, /* somebody asked */
    CK_DUE_RETRY,   /* the last one failed in a way that may pass */
    CK_DUE_LIMIT,   /* the job's time limit is near: final */
    CK_DUE_PREEMPT, /* the job is being preempted: final */
};

#define CK_POLICY_AUTO (-1)
/* Slurm looks at time limits every 30 s. */
#define CK_POLICY_GRAIN 30000
/* A first guess, where no checkpoint's cost is known. */
#define CK_POLICY_COST 15000
#define CK_POLICY_RETRIES 6 /* 1, 2, 4, ... s; then the clock again */
/* Before these, where nobody had to stand still for long: processes that come
 * and go all the time, or a connection that was just being made, are in the
 * way of one checkpoint and not of the next. */
#define CK_POLICY_SOON 5
#define CK_POLICY_SOON_MS 20 /* 20, 40, 80, ... ms */

enum ck_again { CK_AGAIN_NOT, CK_AGAIN_LATER, CK_AGAIN_SOON };

struct ck_policy {
    int64_t interval;  /* 0: no clock */
    int64_t lead;      /* before the limit, or CK_POLICY_AUTO */
    int64_t cost;      /* of the last checkpoint as a whole; 0: unknown */
    int64_t started;   /* when this run of the computation began */
    int64_t job_start; /* the allocation; may be negative: before our clock */
    int64_t limit;     /* when the time limit ends the job */
    int on_limit, on_preempt;
    int may_requeue;   /* a final set may be followed by a requeue */
    int preempted;     /* grace has begun */
    int final_done;    /* a final set stands: nothing more is due */
    int64_t last;      /* end of the last checkpoint, good or not */
    int64_t retry_at;   /* a retriable failure is tried again */
    int64_t not_before; /* a final one that failed waits until then */
    int retries, soon;
};

void ck_policy_init(struct ck_policy *p, int64_t interval_ms,
                    int64_t lead_ms);
/* The computation (re)starts: the clock counts from here. */
void ck_policy_started(struct ck_policy *p, int64_t now);
/* A checkpoint is committed; cost: from its request to its commit. */
void ck_policy_done(struct ck_policy *p, int64_t now, int64_t cost);
/* One has failed; `again` is when it may be tried again at the earliest.
 * Returns when it will be. */
enum ck_again ck_policy_failed(struct ck_policy *p, int64_t now,
                               enum ck_again again);

/* How long before the limit the last checkpoint must begin. */
int64_t ck_policy_lead(const struct ck_policy *p);
/* When the next one is due, and why; CK_DUE_NONE with *at = 0: never. */
enum ck_due ck_policy_next(const struct ck_policy *p, int64_t *at);
/* Why one is due now, or CK_DUE_NONE. */
enum ck_due ck_policy_due(const struct ck_policy *p, int64_t now);
int ck_due_final(enum ck_due d);
const char *ck_due_name(enum ck_due d);

#endif
