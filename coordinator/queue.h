/*
 * queue.h - what has become of a job whose coordinator does not answer: Slurm
 * is asked, for `ckpt status`.
 */
#ifndef CKPT_COORDINATOR_QUEUE_H
#define CKPT_COORDINATOR_QUEUE_H

#include <stdint.h>

enum ck_queue {
    CK_QUEUE_SILENT, /* there is no Slurm here, or it does not answer */
    CK_QUEUE_RUNS,
    CK_QUEUE_WAITS,  /* it will be started again */
    CK_QUEUE_OVER,
};

/* May take seconds. *how, for a user, in all but the first two: "it was
 * cancelled"; NULL: as one would expect. */
enum ck_queue ck_queue_ask(uint32_t job, const char **how);

#endif
