/*
 * resume.c - how a checkpoint ends for the processes: they run on, they are
 * held until they are killed, or it is as if nothing had been asked.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "coordinator/coord.h"
#include "lib/base/log.h"
#include "lib/base/sets.h"

#define ABORT_MS 2000  /* helpers and writers have this long to leave */
#define SHORT_MS 1000 /* they have not stood still for long */
#define PATIENCE_MS 5000 /* what failed sooner, a waiting client retries */
#define HOLD_MS 60000 /* who is not killed by then (and Slurm's KillWait)
                       * runs on */

void ck_round_release_held(struct ck_coord *c)
{
    struct ck_peer *x;

    TAILQ_FOREACH(x, &c->peers.processes, entry) {
        if (x->state != CK_P_HELD)
            continue;
        x->state = CK_P_RUNNING;
        ck_round_welcome(c, x);
    }
}

void ck_round_resume(struct ck_coord *c)
{
    struct ck_msg_resume m = {.id = c->round.id};
    struct ck_peer *x;

    TAILQ_FOREACH(x, &c->peers.processes, entry) {
        if (!x->member || x->state == CK_P_RUNNING ||
            x->state == CK_P_WRITING)
            continue;
        CK_LINK_SEND(x->link, resume, RESUME, &m);
        x->state = CK_P_RUNNING;
    }
    ck_round_release_held(c);
}

/* A file that turns up afterwards goes with the next prune. */
int ck_round_remove(struct ck_coord *c)
{
    struct ck_err e;
    int rc = ck_set_delete(c->opt.dir, c->round.id, &e);

    if (rc == 0 || rc == -ENOENT)
        return 0;
    ck_log("set %u: %s", c->round.id, e.text);
    return rc;
}

void ck_round_abort(struct ck_coord *c, const char *reason)
{
    struct ck_msg_abort m = {.id = c->round.id, .reason = reason};
    struct ck_peer *x;
    struct ck_helper *h;

    TAILQ_FOREACH(h, &c->peers.helpers, entry)
        CK_LINK_SEND(h->link, abort, ABORT, &m);
    TAILQ_FOREACH(x, &c->peers.processes, entry) {
        if (!x->member)
            continue;
        CK_LINK_SEND(x->link, abort, ABORT, &m);
        x->state = CK_P_RUNNING;
        x->member = 0;
    }
    ck_round_release_held(c);
}

void ck_abort_enter(struct ck_coord *c)
{
    struct ck_round *r = &c->round;
    int64_t took = ck_now() - r->requested;
    enum ck_again again = r->again;

    if (again == CK_AGAIN_SOON && took >= SHORT_MS)
        again = CK_AGAIN_LATER;
    ck_loop_disarm(&c->loop, &r->limit);
    ck_log("checkpoint %u failed: %s", r->id, r->reason);
    snprintf(c->last_error, sizeof c->last_error, "checkpoint %u: %s", r->id,
             r->reason);
    ck_journal_add(&c->journal, 0, "failed set=%u retry=%d reason=%s", r->id,
                   again, r->reason);
    ck_round_abort(c, r->reason);
    again = ck_policy_failed(&c->policy, ck_now(), again);
    if (again == CK_AGAIN_LATER && took >= PATIENCE_MS)
        again = CK_AGAIN_NOT;
    ck_control_failed(c, r->id, again, r->reason);
    if (again != CK_AGAIN_SOON) {
        ck_prompt_tell(c, c->last_error);
        ck_notice_failed(c, again == CK_AGAIN_NOT);
    }
    r->abort_until = ck_now() + ABORT_MS;
    ck_loop_arm(&c->loop, &r->recheck, ck_now());
}

enum ck_then ck_hold_then(const struct ck_coord *c, enum ck_due why)
{
    struct ck_case now = {
        .happened = why == CK_DUE_LIMIT ? CK_HAS_LIMIT : CK_HAS_PREEMPT,
        .on = c->opt.on,
        .may_requeue = c->policy.may_requeue,
    };

    return ck_due_final(why) ? ck_requeue(&now).then : CK_THEN_RUN_ON;
}

/* Slurm ends the job when the grace time is over, or up to half a minute
 * later; that time may be long. */
static int64_t hold_until(const struct ck_coord *c)
{
    int64_t from = c->policy.last; /* the commit */

    if (c->round.then == CK_THEN_HOLD && c->policy.limit > from)
        from = c->policy.limit;
    return from + HOLD_MS + c->kill_wait_ms;
}

/* As it is now: Slurm may not have said earlier whether it may be requeued,
 * or may have refused it. */
static void hold_on(struct ck_coord *c)
{
    struct ck_round *r = &c->round;

    r->then = ck_hold_then(c, r->why);
    if (r->then == CK_THEN_REQUEUE && c->allocation) {
        ck_allocation_requeue(c->allocation, r->why == CK_DUE_PREEMPT ?
                              "checkpointed: preempted" :
                              "checkpointed: time limit");
    } else if (r->then == CK_THEN_HOLD) {
        c->policy.final_done = 1;
        ck_journal_add(&c->journal, 1, "held set=%u", r->id);
        ck_log("the job is not requeued: all stand still until Slurm ends "
               "it; --checkpoint-restart=%s goes on from set %u", c->opt.name,
               r->id);
    } else {
        c->policy.final_done = 1;
        ck_coord_fire(c, CK_EV_RELEASE, "the job runs on until its end");
    }
}

void ck_hold_enter(struct ck_coord *c)
{
    struct ck_round *r = &c->round;
    char text[128];

    snprintf(text, sizeof text, "set %u is committed", r->id);
    ck_control_tell(c, r->id, 0, 1, text);
    if (r->kill) {
        ck_journal_add(&c->journal, 1, "killed set=%u", r->id);
        ck_coord_signal_all(c, SIGKILL);
    } else {
        hold_on(c);
    }
    ck_loop_arm(&c->loop, &r->recheck, hold_until(c));
}

void ck_hold_over(struct ck_coord *c)
{
    int64_t until = hold_until(c);

    if (ck_now() < until)
        ck_loop_arm(&c->loop, &c->round.recheck, until);
    else
        ck_coord_fire(c, CK_EV_RELEASE, "nobody has ended the computation");
}

void ck_hold_withdrawn(struct ck_coord *c)
{
    ck_log("the job is not being preempted any more");
    if (c->round.why != CK_DUE_PREEMPT || c->round.then != CK_THEN_HOLD)
        return;
    c->policy.final_done = 0;
    if (c->session.state == CK_ST_HOLDING)
        ck_coord_fire(c, CK_EV_RELEASE, "the preemption was withdrawn");
}

void ck_hold_requeued(struct ck_coord *c, int code, const char *why)
{
    if (code == 0) {
        c->policy.final_done = 1;
        ck_journal_add(&c->journal, 1, "requeued set=%u", c->round.id);
        ck_log("the job is requeued; it goes on from set %u", c->round.id);
        return;
    }
    c->policy.may_requeue = 0;
    snprintf(c->last_error, sizeof c->last_error,
             "the job cannot be requeued: %s; set %u is its last", why,
             c->round.id);
    ck_log("%s", c->last_error);
    ck_journal_add(&c->journal, 0, "requeue-failed set=%u reason=%s",
                   c->round.id, why);
    if (c->session.state == CK_ST_HOLDING)
        hold_on(c);
    else
        c->policy.final_done = 1;
}
