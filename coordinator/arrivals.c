/*
 * arrivals.c - processes and helpers that come and go during a checkpoint.
 *
 * While programs still run (STOPPING) this is ordinary: who leaves has
 * ended or executes another program, who comes is stopped too. Once all are
 * parked nobody can come or go by itself: the set would not be what the
 * programs were, so the checkpoint fails and is tried again.
 */
#include <signal.h>
#include <stdio.h>

#include "coordinator/coord.h"

void ck_round_welcome(struct ck_coord *c, struct ck_peer *x)
{
    struct ck_msg_welcome m = {.generation = c->history.generation,
                               .set = c->last_set};
    struct ck_msg_go go = {.generation = c->history.generation};

    CK_LINK_SEND(x->link, welcome, WELCOME, &m);
    /* It has missed that of the restart, which waits for its tasks only. */
    if (x->kind == CK_KIND_REEXEC && c->opt.restore &&
        c->session.state != CK_ST_RESTORING)
        CK_LINK_SEND(x->link, go, GO, &go);
}

void ck_checkpoint_joined(struct ck_coord *c, struct ck_peer *x)
{
    enum ck_state s = c->session.state;
    char who[256];

    x->state = CK_P_RUNNING;
    x->member = 0;
    /* Forked by one that was about to die: it missed the signal. */
    if (s == CK_ST_ENDING || (s == CK_ST_HOLDING && c->round.kill)) {
        struct ck_msg_signal m = {
            .sig = (uint32_t)(s == CK_ST_ENDING ? c->quit_signal : SIGKILL)};

        CK_LINK_SEND(x->link, signal, SIGNAL, &m);
    }
    if (!ck_state_busy(s) && s != CK_ST_HOLDING) {
        ck_round_welcome(c, x);
        return;
    }
    if ((s == CK_ST_WRITING || s == CK_ST_COMMITTING) && !c->round.final) {
        ck_round_welcome(c, x);
        return;
    }
    /* A new tree can wait; so can anything while all is being held. */
    if (x->root || s == CK_ST_HOLDING) {
        x->state = CK_P_HELD;
        return;
    }
    ck_round_welcome(c, x);
    if (s == CK_ST_STOPPING || s == CK_ST_DRAINING ||
        s == CK_ST_STOPPING_LAUNCHERS) {
        x->member = 1;
        if (s == CK_ST_STOPPING_LAUNCHERS ||
            (s == CK_ST_STOPPING && x->kind != CK_KIND_REEXEC))
            ck_stop_one(c, x);
        return;
    }
    ck_peer_text(x, who, sizeof who);
    ck_checkpoint_fail(c, CK_AGAIN_SOON,
                       "%s appeared when all were already stopped", who);
}

/* It was part of the set, and had been parked. */
static void fail_for(struct ck_coord *c, const struct ck_peer *x,
                     const char *why)
{
    char who[256];

    ck_peer_text(x, who, sizeof who);
    ck_checkpoint_fail(c, CK_AGAIN_SOON, "%s was lost while it was %s: %s",
                       who, ck_pstate_name(x->state), why);
}

/* x is still in the registry. */
void ck_checkpoint_gone(struct ck_coord *c, struct ck_peer *x,
                        const char *why)
{
    enum ck_state s = c->session.state;

    if (!x->member || !ck_state_busy(s))
        return;
    if (s == CK_ST_WRITING) {
        if (x->kind == CK_KIND_SAVED && !x->written)
            fail_for(c, x, why);
        return;
    }
    if (s == CK_ST_CAPTURING || x->state == CK_P_STOPPED) {
        fail_for(c, x, why);
        return;
    }
    x->member = 0;
    c->round.left++;
    ck_barrier_drop(&c->round.barrier, x->key);
    if (s == CK_ST_DRAINING)
        ck_drain_continue(c);
    else
        ck_stop_check(c);
}

void ck_checkpoint_helper_gone(struct ck_coord *c, struct ck_helper *h)
{
    enum ck_state s = c->session.state;

    if (s == CK_ST_ABORTING && TAILQ_NEXT(TAILQ_FIRST(&c->peers.helpers),
                                          entry) == NULL) {
        ck_loop_arm(&c->loop, &c->round.recheck, ck_now());
        return;
    }
    if ((s == CK_ST_CAPTURING || s == CK_ST_WRITING) && !h->written)
        ck_checkpoint_fail(c, CK_AGAIN_LATER,
                           "the capture helper of tree %s ended "
                           "without a result; %s/log may say why", h->tree,
                           c->opt.dir);
}
