/*
 * session.c - see session.h. To change what the coordinator does when, begin
 * here: first the table, then what enter.c does in the new state.
 */
#include "coordinator/session.h"

#include <errno.h>
#include <stdio.h>

#define S(name) (1u << CK_ST_##name)
#define ALL ((1u << CK_ST_COUNT_) - 1)

/* All parked or being parked; a failure here must let them run on. */
#define STOPPED_PHASES                                                      \
    (S(STOPPING) | S(DRAINING) | S(STOPPING_LAUNCHERS) | S(CAPTURING))
#define BUSY (STOPPED_PHASES | S(WRITING) | S(COMMITTING))

#define STAY CK_ST_COUNT_ /* legal, and changes nothing */

static const struct {
    unsigned from; /* mask of states */
    enum ck_event ev;
    enum ck_state to;
} table[] = {
    /* Processes come and go. During a checkpoint who comes and goes is the
     * checkpoint's affair; it ends in RUNNING, which looks again. */
    {S(IDLE), CK_EV_JOIN, CK_ST_RUNNING},
    {ALL & ~S(IDLE), CK_EV_JOIN, STAY},
    {S(RUNNING) | S(HOLDING) | S(ENDING), CK_EV_EMPTY, CK_ST_IDLE},
    {ALL & ~(S(RUNNING) | S(HOLDING) | S(ENDING)), CK_EV_EMPTY, STAY},

    /* A checkpoint. */
    {S(RUNNING), CK_EV_CHECKPOINT, CK_ST_STOPPING},
    {S(STOPPING), CK_EV_STOPPED, CK_ST_DRAINING},
    {S(STOPPING), CK_EV_PARKED, CK_ST_CAPTURING},
    {S(DRAINING), CK_EV_DRAINED, CK_ST_STOPPING_LAUNCHERS},
    {S(STOPPING_LAUNCHERS), CK_EV_PARKED, CK_ST_CAPTURING},
    {S(CAPTURING), CK_EV_CAPTURED, CK_ST_WRITING},
    {S(WRITING), CK_EV_WRITTEN, CK_ST_COMMITTING},
    {S(COMMITTING), CK_EV_COMMITTED, CK_ST_RUNNING},
    {S(COMMITTING), CK_EV_HELD, CK_ST_HOLDING},
    {S(HOLDING), CK_EV_RELEASE, CK_ST_RUNNING},

    /* What fails before the commit leaves nothing behind. Several processes
     * may report what is one failure. */
    {BUSY, CK_EV_FAIL, CK_ST_ABORTING},
    {S(ABORTING), CK_EV_ABORTED, CK_ST_RUNNING},
    {S(ABORTING) | S(ENDING) | S(ENDED), CK_EV_FAIL, STAY},

    /* A restart succeeds as a whole or ends everything. */
    {S(IDLE), CK_EV_RESTORE, CK_ST_RESTORING},
    {S(RESTORING), CK_EV_RESTORED, CK_ST_RUNNING},
    {S(RESTORING), CK_EV_FAIL, CK_ST_ENDED},

    /* The end. A release that comes after it has nothing to release. */
    {ALL & ~(S(ENDING) | S(ENDED)), CK_EV_QUIT, CK_ST_ENDING},
    {S(ENDING) | S(ENDED), CK_EV_QUIT, STAY},
    {ALL & ~S(ENDED), CK_EV_END, CK_ST_ENDED},
    {S(ENDED), CK_EV_END, STAY},
    {S(IDLE) | S(ENDING) | S(ENDED), CK_EV_RELEASE, STAY},
};

int ck_session_next(enum ck_state from, enum ck_event ev)
{
    for (unsigned i = 0; i < sizeof table / sizeof table[0]; i++)
        if (table[i].ev == ev && (table[i].from & 1u << from))
            return table[i].to == STAY ? (int)from : (int)table[i].to;
    return -1;
}

void ck_session_init(struct ck_session *s, const struct ck_session_ops *ops,
                     void *arg)
{
    *s = (struct ck_session){.state = CK_ST_IDLE, .ops = ops, .arg = arg};
}

/* The one function that changes the state. */
static int transition(struct ck_session *s, enum ck_event ev, const char *why)
{
    enum ck_state from = s->state;
    int to = ck_session_next(from, ev);

    if (to < 0) {
        s->illegal++;
        s->ops->log(s->arg, ev, from, from, 0, why);
        return -EINVAL;
    }
    if (to == (int)from)
        return 0;
    s->state = (enum ck_state)to;
    s->ops->log(s->arg, ev, from, s->state, 1, why);
    s->ops->enter(s->arg, from, ev, s->state);
    return 0;
}

int ck_session_fire(struct ck_session *s, enum ck_event ev, const char *why)
{
    int r;

    if (s->firing) {
        /* Each state queues a few events at the most: an overflow is a
         * fault of ours, and is treated like an illegal event. */
        if (s->queued == CK_SESSION_QUEUE) {
            s->illegal++;
            s->ops->log(s->arg, ev, s->state, s->state, 0, "queue is full");
            return -EINVAL;
        }
        s->queue[s->queued].ev = ev;
        snprintf(s->queue[s->queued].why, sizeof s->queue[0].why, "%s", why);
        s->queued++;
        return 0;
    }
    s->firing = 1;
    r = transition(s, ev, why);
    while (s->queued) {
        char text[sizeof s->queue[0].why];
        enum ck_event next = s->queue[0].ev;

        snprintf(text, sizeof text, "%s", s->queue[0].why);
        s->queued--;
        for (unsigned i = 0; i < s->queued; i++)
            s->queue[i] = s->queue[i + 1];
        transition(s, next, text);
    }
    s->firing = 0;
    return r;
}

int ck_state_busy(enum ck_state s)
{
    return (BUSY & 1u << s) != 0;
}

const char *ck_state_name(enum ck_state s)
{
    static const char *const name[CK_ST_COUNT_] = {
        [CK_ST_IDLE] = "idle",
        [CK_ST_RUNNING] = "running",
        [CK_ST_STOPPING] = "stopping",
        [CK_ST_DRAINING] = "draining",
        [CK_ST_STOPPING_LAUNCHERS] = "stopping-launchers",
        [CK_ST_CAPTURING] = "capturing",
        [CK_ST_WRITING] = "writing",
        [CK_ST_COMMITTING] = "committing",
        [CK_ST_HOLDING] = "holding",
        [CK_ST_ABORTING] = "aborting",
        [CK_ST_RESTORING] = "restoring",
        [CK_ST_ENDING] = "ending",
        [CK_ST_ENDED] = "ended",
    };

    return s < CK_ST_COUNT_ ? name[s] : "?";
}

const char *ck_event_name(enum ck_event ev)
{
    static const char *const name[CK_EV_COUNT_] = {
        [CK_EV_JOIN] = "join",
        [CK_EV_EMPTY] = "empty",
        [CK_EV_CHECKPOINT] = "checkpoint",
        [CK_EV_STOPPED] = "stopped",
        [CK_EV_DRAINED] = "drained",
        [CK_EV_PARKED] = "parked",
        [CK_EV_CAPTURED] = "captured",
        [CK_EV_WRITTEN] = "written",
        [CK_EV_COMMITTED] = "committed",
        [CK_EV_HELD] = "held",
        [CK_EV_RELEASE] = "release",
        [CK_EV_FAIL] = "fail",
        [CK_EV_ABORTED] = "aborted",
        [CK_EV_RESTORE] = "restore",
        [CK_EV_RESTORED] = "restored",
        [CK_EV_QUIT] = "quit",
        [CK_EV_END] = "end",
    };

    return ev < CK_EV_COUNT_ ? name[ev] : "?";
}
