/*
 * leaving.c - a job that Slurm is ending is not saved.
 *
 * Slurm writes down that a job is to end (scancel, a requeue, its time limit,
 * a node that has failed) before it sends the first signal, and then kills
 * the processes in no order. A set that is begun in the middle of this has
 * some of them no more; it would be the newest and the one that is used. So
 * Slurm is asked once all stand still. What it says then is true of all that
 * was captured: they run on and are written meanwhile, and nothing is
 * committed before its word is there. From the first sign on, a TERM from
 * Slurm or its word, no other checkpoint begins; one that is final begins in
 * the grace time of a preemption, in which the job still runs.
 */
#include "coordinator/leaving.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "coordinator/coord.h"
#include "lib/base/log.h"

#define WORD_MS 15000 /* slurmctld may be busy, or away */

void ck_leaving_looked(struct ck_coord *c, const struct ck_slurm_job *job)
{
    int leaving = !job->running && !job->suspended;

    if (leaving && !c->leaving && c->session.state != CK_ST_HOLDING)
        ck_log("Slurm is ending the job: no more checkpoints");
    if (job->suspended != c->suspended)
        ck_log(job->suspended ? "the job is suspended: checkpoints wait"
                              : "the job runs again");
    c->leaving = leaving;
    c->suspended = job->suspended;
}

int ck_leaving_blocks(struct ck_coord *c, int final)
{
    static const char why[] = "Slurm is ending the job";
    const struct ck_peer *x;

    if (c->leaving && c->requested) {
        c->requested = 0;
        snprintf(c->last_error, sizeof c->last_error, "%s", why);
        ck_control_tell(c, 0, -ECANCELED, 1, why);
    }
    if (c->leaving || c->suspended)
        return 1;
    TAILQ_FOREACH(x, &c->peers.processes, entry)
        if (x->term && !final)
            return 1; /* until Slurm has said what for */
    return 0;
}

void ck_leaving_ask(struct ck_coord *c)
{
    struct ck_round *r = &c->round;

    r->word = c->allocation ? ck_allocation_look(c->allocation) : 0;
    r->word_until = ck_now() + WORD_MS;
    r->word_from = 0;
}

int ck_leaving_waits(struct ck_coord *c)
{
    struct ck_round *r = &c->round;
    int answered = (int32_t)(c->answered - r->word) >= 0;
    int known = answered && c->known;

    if (!c->allocation)
        return 0;
    if (!answered && !r->word_from)
        r->word_from = ck_now();
    if (!answered && ck_now() < r->word_until) {
        ck_loop_arm(&c->loop, &r->recheck, r->word_until);
        return 1;
    }
    if (known && c->leaving) {
        ck_checkpoint_fail(c, CK_AGAIN_NOT, "Slurm is ending the job: what "
                           "was saved may be a part of it");
        return 1;
    }
    if (!known && r->left) {
        ck_checkpoint_fail(c, CK_AGAIN_LATER, "%u process%s ended while it "
                           "began, and Slurm, which may be ending the job, "
                           "does not answer", r->left,
                           r->left == 1 ? " has" : "es have");
        return 1;
    }
    return 0;
}

/* What a checkpoint costs next time is known without a busy slurmctld. */
int64_t ck_leaving_waited(const struct ck_coord *c)
{
    return c->allocation && c->round.word_from ?
               ck_now() - c->round.word_from : 0;
}

void ck_leaving_answered(struct ck_coord *c, uint32_t number, int known)
{
    c->answered = number;
    c->known = known;
    if (c->session.state == CK_ST_WRITING)
        ck_checkpoint_check(c);
}
