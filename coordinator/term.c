/*
 * term.c - what to do with a SIGTERM that Slurm has sent.
 *
 * Slurm sends it to the tasks when the grace time of a preemption begins,
 * before anybody can know of the preemption; the runtime holds it back and
 * asks here (runtime/interpose/term.c). So Slurm is asked at once. As long
 * as a preemption is to end with a checkpoint, the program is not to know of
 * it. In every other case (scancel, the time limit, a requeue by somebody
 * else, a preemption that the user has excluded) it gets its signal.
 */
#include <signal.h>

#include "coordinator/coord.h"

static void deliver(struct ck_peer *x)
{
    struct ck_msg_signal m = {.sig = SIGTERM};

    x->term = 0;
    CK_LINK_SEND(x->link, signal, SIGNAL, &m);
}

void ck_term_ask(struct ck_coord *c, struct ck_peer *x)
{
    if (!c->allocation) {
        deliver(x);
        return;
    }
    x->term = 1;
    ck_allocation_look(c->allocation);
}

void ck_term_looked(struct ck_coord *c, int lost)
{
    const struct ck_policy *p = &c->policy;
    struct ck_peer *x;

    if (!lost && p->preempted && p->on_preempt && !p->final_done)
        return;
    if (c->session.state == CK_ST_HOLDING)
        return; /* it is saved; KILL will come */
    TAILQ_FOREACH(x, &c->peers.processes, entry)
        if (x->term)
            deliver(x);
}
