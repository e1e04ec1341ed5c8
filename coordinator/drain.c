/*
 * drain.c - the streams between a launcher (srun) and its tasks come to rest.
 *
 * The tasks are parked, the launchers run. What the tasks wrote travels to the
 * launchers' output, through the memory of slurmstepd and of the launchers: it
 * has arrived when nothing is unread and none of these has run for a while. What
 * a launcher has read for its tasks
 * lies in its memory, in a socket and in slurmstepd, and nobody tells how much
 * that is. So it reads nothing more (HOLD), and sends a token as the last; one
 * process of each task takes in what comes until the token has come, or the
 * end of the stream (PULL), and puts it back, for the image. Then what is
 * still to be read begins exactly where the tasks' input ends.
 *
 * A task's tree is named after its launcher's number, by which it is found.
 * The first of a tree that has the pipe takes in for all.
 */
#include <stdlib.h>
#include <string.h>

#include "coordinator/coord.h"
#include "lib/proto/auth.h"

#define DRAIN_MS 20
#define QUIET_ROUNDS 3 /* nobody who could carry something has run since */

static int drains(const struct ck_peer *x)
{
    if (!x->member)
        return 0;
    return x->kind == CK_KIND_REEXEC || CK_TREE_IS_TASK(x->tree);
}

static void tell(struct ck_coord *c, struct ck_peer *x)
{
    struct ck_msg_drain m = {.id = c->round.id, .flags = x->input_flags};

    memcpy(m.token, c->round.token, sizeof m.token);
    ck_round_expect(c, x->key);
    CK_LINK_SEND(x->link, drain, DRAIN, &m);
}

/* Tasks first: who takes in has to know of the token before it is sent, or
 * the program would read it if all ends now. */
static void drain_round(struct ck_coord *c)
{
    struct ck_peer *x;

    ck_round_barrier(c, "draining the tasks' streams", c->opt.limit.stop);
    TAILQ_FOREACH(x, &c->peers.processes, entry)
        if (drains(x) && x->kind != CK_KIND_REEXEC)
            tell(c, x);
    TAILQ_FOREACH(x, &c->peers.processes, entry)
        if (drains(x) && x->kind == CK_KIND_REEXEC)
            tell(c, x);
}

/* Whose task is this? NULL: none of ours (srun on a login node). */
static struct ck_peer *launcher_of(struct ck_coord *c, const char *tree)
{
    uint32_t vpid = (uint32_t)strtoul(tree + strlen("srun-"), NULL, 10);
    struct ck_peer *x;

    TAILQ_FOREACH(x, &c->peers.processes, entry)
        if (x->member && x->kind == CK_KIND_REEXEC && x->vpid == vpid)
            return x;
    return NULL;
}

/* It is not of this set, and what its launcher has read would not come again
 * when it begins anew. */
static const struct ck_peer *just_begins(struct ck_coord *c)
{
    struct ck_peer *x;

    TAILQ_FOREACH(x, &c->peers.processes, entry)
        if (x->state == CK_P_HELD && CK_TREE_IS_TASK(x->tree) &&
            launcher_of(c, x->tree))
            return x;
    return NULL;
}

void ck_drain_enter(struct ck_coord *c)
{
    struct ck_round *r = &c->round;
    const struct ck_peer *late = just_begins(c);
    struct ck_peer *x;
    char who[256];

    r->drain_until = ck_now() + c->opt.limit.drain;
    r->drain_quiet = 0;
    r->drain_moves = UINT64_MAX;
    r->drain_inq = 0;
    TAILQ_FOREACH(x, &c->peers.processes, entry) {
        x->input = CK_INPUT_NONE;
        x->input_flags = 0;
        x->inq = 0;
    }
    if (late) {
        ck_peer_text(late, who, sizeof who);
        ck_checkpoint_fail(c, CK_AGAIN_SOON, "%s, a task of srun, is just "
                           "beginning", who);
        return;
    }
    if (ck_auth_random(r->token, sizeof r->token) < 0) {
        ck_checkpoint_fail(c, CK_AGAIN_LATER, "no random numbers");
        return;
    }
    drain_round(c);
}

static int is_taken_in(struct ck_coord *c, const struct ck_peer *task)
{
    struct ck_peer *x;

    TAILQ_FOREACH(x, &c->peers.processes, entry)
        if (x->member && x->input_flags & CK_DRAIN_PULL &&
            strcmp(x->tree, task->tree) == 0)
            return 1;
    return 0;
}

/* What each is told next. 0: all input is at rest. */
static int input_goes_on(struct ck_coord *c)
{
    struct ck_peer *x, *launcher;
    int left = 0;

    TAILQ_FOREACH(x, &c->peers.processes, entry) {
        if (!drains(x) || x->kind == CK_KIND_REEXEC ||
            x->input == CK_INPUT_NONE || !(launcher = launcher_of(c, x->tree)))
            continue;
        launcher->input_flags = CK_DRAIN_HOLD;
        if (!is_taken_in(c, x))
            x->input_flags = CK_DRAIN_PULL;
        left |= x->input_flags && x->input != CK_INPUT_STILL;
    }
    return left;
}

static void too_late(struct ck_coord *c, uint64_t outq)
{
    struct ck_peer *x;
    char who[256];

    TAILQ_FOREACH(x, &c->peers.processes, entry) {
        if (!drains(x) || !x->input_flags || x->input == CK_INPUT_STILL ||
            x->kind == CK_KIND_REEXEC)
            continue;
        ck_peer_text(x, who, sizeof who);
        ck_checkpoint_fail(c, CK_AGAIN_LATER,
                           "the standard input of %s does not come to rest: "
                           "what srun has read for it has not arrived", who);
        return;
    }
    ck_checkpoint_fail(c, CK_AGAIN_LATER,
                       "the tasks' output does not reach the launcher's "
                       "output: %lu bytes are still on their way (is the "
                       "job's output blocked?)", (unsigned long)outq);
}

/* All have answered one round. */
static void drain_judge(struct ck_coord *c)
{
    struct ck_round *r = &c->round;
    uint64_t outq = 0, moves = 0, inq = 0;
    struct ck_peer *x;
    int left = input_goes_on(c);

    TAILQ_FOREACH(x, &c->peers.processes, entry) {
        if (!drains(x))
            continue;
        outq += x->outq;
        inq += x->inq;
        moves += x->drain_moves;
    }
    if (outq || moves != r->drain_moves)
        r->drain_quiet = 0;
    else
        r->drain_quiet++;
    if (inq > r->drain_inq) /* it takes as long as it takes */
        r->drain_until = ck_now() + c->opt.limit.drain;
    r->drain_moves = moves;
    r->drain_inq = inq;
    if (!outq && !left && r->drain_quiet >= QUIET_ROUNDS) {
        ck_coord_fire(c, CK_EV_DRAINED, "set %u", r->id);
        return;
    }
    if (ck_now() >= r->drain_until)
        too_late(c, outq);
    else
        ck_loop_arm(&c->loop, &r->recheck, ck_now() + (left ? 0 : DRAIN_MS));
}

void ck_drain_drained(struct ck_coord *c, struct ck_peer *x,
                      const struct ck_msg_drained *m)
{
    if (c->session.state != CK_ST_DRAINING || m->id != c->round.id ||
        ck_barrier_arrive(&c->round.barrier, x->key) < 0)
        return;
    x->outq = m->outq;
    x->drain_moves = m->moves;
    x->input = m->input;
    x->inq = m->inq;
    if (ck_barrier_complete(&c->round.barrier))
        drain_judge(c);
}

/* The recheck timer, or somebody left. */
void ck_drain_continue(struct ck_coord *c)
{
    if (ck_barrier_complete(&c->round.barrier))
        drain_round(c);
    if (c->round.barrier.n == 0)
        ck_coord_fire(c, CK_EV_DRAINED, "set %u", c->round.id);
}
