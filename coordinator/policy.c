/* policy.c - see policy.h. */
#include "coordinator/policy.h"

#include <stddef.h>

void ck_policy_init(struct ck_policy *p, int64_t interval_ms,
                    int64_t lead_ms)
{
    *p = (struct ck_policy){
        .interval = interval_ms,
        .lead = lead_ms,
        .on_limit = 1,
        .on_preempt = 1,
    };
}

void ck_policy_started(struct ck_policy *p, int64_t now)
{
    p->started = now;
    p->last = 0;
    p->retry_at = p->not_before = 0;
    p->retries = p->soon = 0;
    p->final_done = 0;
}

void ck_policy_done(struct ck_policy *p, int64_t now, int64_t cost)
{
    p->cost = cost > 0 ? cost : 1;
    p->last = now;
    p->retry_at = p->not_before = 0;
    p->retries = p->soon = 0;
}

enum ck_again ck_policy_failed(struct ck_policy *p, int64_t now,
                               enum ck_again again)
{
    p->last = now;
    p->retry_at = 0;
    if (again == CK_AGAIN_SOON && p->soon < CK_POLICY_SOON) {
        p->retry_at = now + (CK_POLICY_SOON_MS << p->soon++);
    } else if (again && p->retries < CK_POLICY_RETRIES) {
        p->retry_at = now + (INT64_C(1000) << p->retries++);
        again = CK_AGAIN_LATER;
    } else {
        p->retries = p->soon = 0;
        p->not_before = now + CK_POLICY_GRAIN;
        return CK_AGAIN_NOT;
    }
    p->not_before = p->retry_at;
    return again;
}

/*
 * Twice the last cost, since memory grows and file systems have bad days,
 * and one of Slurm's rounds. A job so short that this would eat most of it
 * gives a third of its time, but never less than one and a half checkpoints.
 */
int64_t ck_policy_lead(const struct ck_policy *p)
{
    int64_t cost = p->cost ? p->cost : CK_POLICY_COST;
    int64_t lead = CK_POLICY_GRAIN + 2 * cost;
    int64_t third = (p->limit - p->job_start) / 3;
    int64_t least = cost + cost / 2;

    if (p->lead != CK_POLICY_AUTO)
        return p->lead;
    if (p->limit && lead > third)
        lead = third > least || !p->cost ? third : least;
    return lead;
}

enum ck_due ck_policy_next(const struct ck_policy *p, int64_t *at)
{
    enum ck_due why = CK_DUE_NONE;
    int64_t t = 0;

    *at = 0;
    if (p->final_done || !p->started)
        return CK_DUE_NONE;
    if (p->interval) {
        t = (p->last ? p->last : p->started) + p->interval;
        why = CK_DUE_CLOCK;
    }
    if (p->retry_at && (!t || p->retry_at < t)) {
        t = p->retry_at;
        why = CK_DUE_RETRY;
    }
    if (p->limit && p->on_limit) {
        int64_t begin = p->limit - ck_policy_lead(p);

        if (!t || begin <= t) {
            t = begin > 0 ? begin : 1;
            why = CK_DUE_LIMIT;
        }
    }
    if (p->preempted && p->on_preempt) {
        t = 1;
        why = CK_DUE_PREEMPT;
    }
    /* It stays due after a failure: without a pause it would be tried in a
     * tight loop until the job's end. */
    if (ck_due_final(why) && p->not_before > t)
        t = p->not_before;
    *at = t;
    return why;
}

enum ck_due ck_policy_due(const struct ck_policy *p, int64_t now)
{
    int64_t at;
    enum ck_due why = ck_policy_next(p, &at);

    return why != CK_DUE_NONE && now >= at ? why : CK_DUE_NONE;
}

int ck_due_final(enum ck_due d)
{
    return d == CK_DUE_LIMIT || d == CK_DUE_PREEMPT;
}

const char *ck_due_name(enum ck_due d)
{
    static const char *const name[] = {
        [CK_DUE_NONE] = "none",       [CK_DUE_CLOCK] = "clock",
        [CK_DUE_REQUEST] = "request", [CK_DUE_RETRY] = "retry",
        [CK_DUE_LIMIT] = "limit",     [CK_DUE_PREEMPT] = "preempt",
    };

    return (size_t)d < sizeof name / sizeof name[0] ? name[d] : "?";
}
