/* requeue.c - see requeue.h. */
#include "coordinator/requeue.h"

#include "lib/base/config.h"

/*
 * A final set before a failure does not exist: it goes on from the newest
 * one that stands. Without a newer one than at the last failure it would do
 * the same again.
 */
static struct ck_verdict failed(const struct ck_case *c)
{
    struct ck_verdict v = {.then = CK_THEN_END};

    if (!(c->on & CK_ON_FAILURE)) {
        v.finished = c->happened == CK_HAS_FAILED;
        return v;
    }
    if (c->may_requeue && c->progress && c->failures < c->most) {
        v.then = CK_THEN_REQUEUE;
        return v;
    }
    v.finished = c->happened == CK_HAS_FAILED;
    v.line = CK_LINE_NOT_AGAIN;
    return v;
}

struct ck_verdict ck_requeue(const struct ck_case *c)
{
    struct ck_verdict v = {.then = CK_THEN_END};

    switch (c->happened) {
    case CK_HAS_LIMIT: /* it may still end in the time that is left */
        v.checkpoint = (c->on & CK_ON_TIMEOUT) != 0;
        v.then = v.checkpoint && c->may_requeue ? CK_THEN_REQUEUE
                                                : CK_THEN_RUN_ON;
        break;
    case CK_HAS_PREEMPT: /* Slurm ends it in any case */
        v.checkpoint = (c->on & CK_ON_PREEMPT) != 0;
        v.then = !v.checkpoint    ? CK_THEN_RUN_ON
                 : c->may_requeue ? CK_THEN_REQUEUE
                                  : CK_THEN_HOLD;
        break;
    case CK_HAS_ENDED:
        v.finished = 1;
        break;
    case CK_HAS_FAILED:
    case CK_HAS_DIED:
        return failed(c);
    case CK_HAS_KILLED:
        v.line = c->has_set ? CK_LINE_GO_ON : CK_LINE_NONE;
        break;
    case CK_HAS_UNRESTORED: /* the restart has said why */
    case CK_HAS_REQUEUED:
    case CK_HAS_CANCELLED:
    case CK_HAS_COUNT_:
        break;
    }
    return v;
}
