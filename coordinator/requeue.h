/*
 * requeue.h - something has happened to a job: is an image set taken, what
 * becomes of the job, and may a later run go on from its sets?
 *
 * One function without I/O, and the only place that decides it: the
 * coordinator asks while the computation runs, ended.c when it is over.
 * docs/requeue.md has the table; tests/unit/test_requeue.c compares both.
 */
#ifndef CKPT_COORDINATOR_REQUEUE_H
#define CKPT_COORDINATOR_REQUEUE_H

#include <stdint.h>

enum ck_happened {
    CK_HAS_LIMIT,      /* the time limit is near */
    CK_HAS_PREEMPT,    /* Slurm has begun to preempt the job */
    CK_HAS_ENDED,      /* the computation has ended with 0 */
    CK_HAS_FAILED,     /* with another status */
    CK_HAS_DIED,       /* by a signal that Slurm did not send */
    CK_HAS_UNRESTORED, /* it was to go on from a set and could not */
    CK_HAS_REQUEUED,   /* Slurm or somebody else has requeued the job */
    CK_HAS_CANCELLED,  /* somebody has cancelled it, by Slurm or by us */
    CK_HAS_KILLED,     /* Slurm has ended it for good: time limit, ... */
    CK_HAS_COUNT_
};

enum ck_then {
    CK_THEN_RUN_ON,
    CK_THEN_REQUEUE,
    CK_THEN_HOLD, /* all stand still until Slurm ends the job */
    CK_THEN_END,  /* as it has ended, or as Slurm ends it */
};

enum ck_line { /* in the job's output */
    CK_LINE_NONE,
    CK_LINE_GO_ON, /* how to go on with another job */
    CK_LINE_NOT_AGAIN, /* it is not requeued once more, and why */
};

struct ck_case {
    enum ck_happened happened;
    uint32_t on;       /* CK_ON_*: what the user asked for */
    int may_requeue;
    int has_set;       /* one that a job could go on from */
    int progress;      /* a set was committed since the last failure */
    uint32_t failures; /* that were followed by a requeue */
    uint32_t most;     /* failures that may be */
};

struct ck_verdict {
    int checkpoint;
    enum ck_then then;
    int finished; /* no run goes on from the sets by itself */
    enum ck_line line;
};

struct ck_verdict ck_requeue(const struct ck_case *c);

#endif
