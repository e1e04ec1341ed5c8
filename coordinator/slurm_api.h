/*
 * slurm_api.h - what the coordinator asks of Slurm, without knowing Slurm.
 *
 * The module lib/ckpt/ckpt-slurm.so (coordinator/slurm/) is the only code
 * that is linked with libslurm. The coordinator loads it with dlopen when it
 * is started with --slurm, so that everything else works where there is no
 * Slurm. It finds one symbol, CK_SLURM_SYMBOL, of type struct ck_slurm_ops.
 *
 * Every call may take some milliseconds (a question to slurmctld) and, when
 * slurmctld does not answer, several seconds. None exits or prints. Failures
 * are negative errno with a reason in err, which may be shown to a user.
 */
#ifndef CKPT_COORDINATOR_SLURM_API_H
#define CKPT_COORDINATOR_SLURM_API_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

#define CK_SLURM_API_VERSION 4
#define CK_SLURM_SYMBOL "ck_slurm_ops"
#define CK_SLURM_COMMENT "ckpt: "

/* How Slurm is ending the job, or has. */
enum ck_slurm_end {
    CK_SLURM_LIVES, /* it is not: it runs, or is suspended */
    CK_SLURM_ENDED, /* by itself: Slurm knows already */
    CK_SLURM_REQUEUED,
    CK_SLURM_CANCELLED,
    CK_SLURM_PREEMPTED,
    CK_SLURM_TIMEOUT,
    CK_SLURM_NODE_FAIL,
    CK_SLURM_KILLED, /* otherwise */
};

/* One look at the job, as slurmctld sees it. Times are 0 when unknown or
 * unlimited. */
struct ck_slurm_job {
    time_t start_time;
    time_t end_time;     /* when the time limit will end the job */
    time_t preempt_time; /* nonzero: it is being preempted; grace has begun */
    time_t now;          /* when the look was taken */
    uint32_t kill_wait;  /* seconds between TERM and KILL (KillWait) */
    uint32_t restarts;   /* how often the job was requeued */
    uint8_t batch;       /* only batch jobs can be requeued */
    uint8_t requeue;     /* Requeue=1: may_requeue() need not ask */
    uint8_t running;     /* 0: completing, suspended, requeued, gone */
    uint8_t suspended;   /* will run again */
    enum ck_slurm_end end;
};

struct ck_slurm_ops {
    uint32_t version; /* CK_SLURM_API_VERSION */

    /* Starts using Slurm for this job. Once per process. */
    int (*open)(uint32_t jobid, char *err, size_t errlen);

    /* Fills *job. Cheap enough to be called once a second. */
    int (*look)(struct ck_slurm_job *job, char *err, size_t errlen);

    /* May the job be requeued? 1 yes (Requeue=1 was set if it was 0 and
     * Slurm allows its owner to), 0 no (why stands in err), or -errno. */
    int (*may_requeue)(char *err, size_t errlen);

    /* Requeues the job. On success Slurm signals everything in it at once
     * and kills what is left after KillWait. `why` becomes part of the job's
     * admin comment where Slurm lets the owner do so, else it is ignored. */
    int (*requeue)(const char *why, char *err, size_t errlen);

    /* The job's comment, which its owner may set: changed only where it is
     * empty or begins with CK_SLURM_COMMENT, as `text` has to. */
    int (*comment)(const char *text, char *err, size_t errlen);

    void (*close)(void);
};

#endif
