/*
 * session.h - the coordinator's state machine.
 *
 * States, events and one table that says which event leads from which state
 * to which. ck_session_fire makes every transition, and is the only place
 * that changes the state. No I/O: what a transition causes is done by
 * ops->enter, what it says by ops->log. An event that the table does not
 * have for the present state is illegal: logged, counted, without effect.
 *
 * ops->enter may fire events itself: they wait until it has returned, so
 * that transitions never nest and the log has them in their order.
 */
#ifndef CKPT_COORDINATOR_SESSION_H
#define CKPT_COORDINATOR_SESSION_H

enum ck_state {
    CK_ST_IDLE,      /* no process */
    CK_ST_RUNNING,   /* processes run, no checkpoint is under way */
    CK_ST_STOPPING,  /* all but launchers are being parked */
    CK_ST_DRAINING,  /* the tasks' output travels through the launchers */
    CK_ST_STOPPING_LAUNCHERS,
    CK_ST_CAPTURING, /* all are parked: SNAPSHOT and CAPTURE are out */
    CK_ST_WRITING,   /* running again (unless final); images are written */
    CK_ST_COMMITTING,
    CK_ST_HOLDING,   /* committed and final: parked until they are killed */
    CK_ST_ABORTING,  /* ABORT is out, the set is being removed */
    CK_ST_RESTORING, /* a restart: waits for every process of the set */
    CK_ST_ENDING,    /* the computation was told to end */
    CK_ST_ENDED,     /* nothing leads out of here */
    CK_ST_COUNT_
};

enum ck_event {
    CK_EV_JOIN,       /* the first process is here */
    CK_EV_EMPTY,      /* the last process is gone */
    CK_EV_CHECKPOINT, /* a checkpoint begins */
    CK_EV_STOPPED,    /* all but launchers are parked; there are launchers */
    CK_EV_DRAINED,
    CK_EV_PARKED,     /* every process is parked */
    CK_EV_CAPTURED,   /* all have snapped, all trees are captured */
    CK_EV_WRITTEN,    /* all files are complete and synced */
    CK_EV_COMMITTED,
    CK_EV_HELD,       /* committed, and the checkpoint was final */
    CK_EV_RELEASE,    /* it was final, but they are to run on */
    CK_EV_FAIL,       /* this checkpoint, or this restart, cannot be */
    CK_EV_ABORTED,    /* nothing of the failed checkpoint is left */
    CK_EV_RESTORE,    /* a restart begins */
    CK_EV_RESTORED,   /* every process of the set is back: GO */
    CK_EV_QUIT,       /* end the computation */
    CK_EV_END,        /* end the coordinator */
    CK_EV_COUNT_
};

struct ck_session_ops {
    /* legal: 0 for an event that the table does not have (to == from). */
    void (*log)(void *arg, enum ck_event ev, enum ck_state from,
                enum ck_state to, int legal, const char *why);
    /* Called after the state has changed; not for an event that stays. */
    void (*enter)(void *arg, enum ck_state from, enum ck_event ev,
                  enum ck_state to);
};

#define CK_SESSION_QUEUE 8

struct ck_session {
    enum ck_state state;
    unsigned illegal; /* events that the table does not have */
    const struct ck_session_ops *ops;
    void *arg;
    int firing; /* ops->enter is running */
    unsigned queued;
    struct {
        enum ck_event ev;
        char why[512];
    } queue[CK_SESSION_QUEUE];
};

void ck_session_init(struct ck_session *s, const struct ck_session_ops *ops,
                     void *arg);

/* why: one line for the log, may be "". 0; -EINVAL for an illegal event;
 * an event that had to wait counts as legal here (0). */
int ck_session_fire(struct ck_session *s, enum ck_event ev, const char *why);

/* What the table says: the next state, the same state for an event that
 * changes nothing, or -1 if it is illegal. */
int ck_session_next(enum ck_state from, enum ck_event ev);

/* Between a checkpoint's first message and its commit. */
int ck_state_busy(enum ck_state s);
/* "stopping", as status documents have it. */
const char *ck_state_name(enum ck_state s);
const char *ck_event_name(enum ck_event ev);

#endif
