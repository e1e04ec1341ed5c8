/*
 * stop.c - from running programs to a parked computation.
 *
 * First everything but launchers is stopped. A stopped process names its
 * living children: each must be registered and stopped as well, else the
 * set would miss one that its parent will wait for after a restart. Such a
 * child may be on its way (it has been forked, or is executing another
 * program), so it is waited for, and its parent is asked again, since the
 * child may have ended. Then, where there are launchers, their streams come to
 * rest (drain.c) before these are stopped too.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "coordinator/coord.h"
#include "coordinator/left.h"
#include "coordinator/local.h"
#include "lib/base/program.h"

#define STRAY_MS 500
#define NEVER_MS 300   /* for who can't be under control, if it is a short one */
#define RECHECK_MS 20
#define ASK_AGAIN 10   /* every so many rechecks parents list anew */

void ck_stop_one(struct ck_coord *c, struct ck_peer *x)
{
    struct ck_msg_stop m = {
        .id = c->round.id,
        .final = (uint8_t)c->round.final,
        .limit_ms = (uint32_t)c->opt.limit.stop,
    };

    x->state = CK_P_STOPPING;
    ck_round_expect(c, x->key);
    CK_LINK_SEND(x->link, stop, STOP, &m);
}

void ck_stop_enter(struct ck_coord *c)
{
    struct ck_peer *x;

    ck_round_barrier(c, "stopping", c->opt.limit.stop);
    c->round.stop_sent = ck_now();
    TAILQ_FOREACH(x, &c->peers.processes, entry) {
        x->member = x->state != CK_P_HELD;
        x->written = 0;
        x->nchild = 0;
        x->outq = x->drain_moves = x->done = x->total = 0;
        if (x->member && x->kind != CK_KIND_REEXEC)
            ck_stop_one(c, x);
    }
    ck_stop_check(c);
}

void ck_stop_launchers_enter(struct ck_coord *c)
{
    struct ck_peer *x;

    ck_round_barrier(c, "stopping launchers", c->opt.limit.stop);
    TAILQ_FOREACH(x, &c->peers.processes, entry)
        if (x->member && x->state == CK_P_RUNNING)
            ck_stop_one(c, x);
    ck_stop_check(c);
}

/* Gone, or a zombie, which its parent's image tells about. What happens on
 * another node cannot be seen from here. */
static int child_gone(const struct ck_coord *c, const struct ck_peer *x,
                      uint32_t pid, char *comm, size_t cap)
{
    *comm = '\0';
    return strcmp(x->node, c->node) == 0 && ck_local_gone(pid, comm, cap);
}

/* Is this child part of what is stopped, or rightly not? */
static int child_covered(struct ck_coord *c, const struct ck_peer *x,
                         uint32_t pid)
{
    const struct ck_peer *q = ck_peer_find(&c->peers, x->node, pid);
    char comm[64];

    if (!q)
        return child_gone(c, x, pid, comm, sizeof comm);
    if (!q->member || q->state == CK_P_STOPPED)
        return 1;
    /* A launcher's turn comes later. */
    return q->kind == CK_KIND_REEXEC && q->state == CK_P_RUNNING &&
           c->session.state == CK_ST_STOPPING;
}

/* The first child that is not stopped, with its parent, or NULL. */
static struct ck_peer *uncovered(struct ck_coord *c, uint32_t *pid)
{
    struct ck_peer *x;

    TAILQ_FOREACH(x, &c->peers.processes, entry) {
        if (!x->member || x->state != CK_P_STOPPED)
            continue;
        for (uint32_t i = 0; i < x->nchild; i++) {
            if (!child_covered(c, x, x->child[i])) {
                *pid = x->child[i];
                return x;
            }
        }
    }
    return NULL;
}

/* Nothing of ours can be loaded into it, or was: it will not answer. */
static int cannot_answer(const struct ck_coord *c, const struct ck_peer *x,
                         uint32_t pid, struct ck_err *why)
{
    char link[64], path[CK_PATH], found[CK_PATH];
    ssize_t n;

    if (strcmp(x->node, c->node) != 0)
        return 0;
    snprintf(link, sizeof link, "/proc/%u/exe", pid);
    n = readlink(link, path, sizeof path - 1);
    if (n <= 0)
        return n < 0 && errno == EACCES &&
               ck_err(why, -EACCES, "it runs with other rights than ours "
                      "(set-user-ID, file capabilities)") < 0;
    path[n] = '\0';
    if (ck_program_check(access(path, F_OK) ? link : path, found, why) < 0)
        return 1;
    return ck_left_out((pid_t)pid, c->opt.dir) &&
           ck_err(why, -ENOEXEC, "it was started without this computation in "
                  "its environment (LD_PRELOAD, CKPT_DIR), as what is in a "
                  "container is") < 0;
}

static void fail_for_child(struct ck_coord *c, const struct ck_peer *x,
                           uint32_t pid)
{
    char who[256], comm[64] = "";
    struct ck_err why;
    enum ck_again again;

    again = c->round.final || pid != c->stray ? CK_AGAIN_LATER
                                             : CK_AGAIN_NOT;
    c->stray = pid;
    ck_peer_text(x, who, sizeof who);
    child_gone(c, x, pid, comm, sizeof comm);
    if (cannot_answer(c, x, pid, &why)) {
        ck_checkpoint_fail(c, again, "process %u%s%s%s, a child of %s, is not "
                           "under checkpoint control: %s", pid,
                           *comm ? " (" : "", comm, *comm ? ")" : "", who,
                           why.text);
        return;
    }
    ck_checkpoint_fail(c, again, "process %u%s%s%s, a child of %s, does not "
                       "answer: it is not under checkpoint control (static "
                       "or set-uid program, container, Valgrind, or started "
                       "without CKPT_DIR)",
                       pid, *comm ? " (" : "", comm, *comm ? ")" : "", who);
}

/* A new program needs a moment until it can answer. Who has not answered last
 * time will hardly do it now: the others do not stand still for it again. */
static int64_t answer_until(const struct ck_coord *c, const struct ck_peer *x,
                            uint32_t pid)
{
    int64_t end = c->round.barrier.deadline;
    struct ck_err why;

    if (cannot_answer(c, x, pid, &why))
        return c->round.stop_sent + NEVER_MS;
    return pid == c->stray ? end - c->opt.limit.stop + STRAY_MS : end;
}

static int have_launchers(struct ck_coord *c)
{
    struct ck_peer *x;

    TAILQ_FOREACH(x, &c->peers.processes, entry)
        if (x->member && x->kind == CK_KIND_REEXEC)
            return 1;
    return 0;
}

void ck_stop_check(struct ck_coord *c)
{
    struct ck_round *r = &c->round;
    struct ck_peer *x;
    uint32_t pid;

    if (!ck_barrier_complete(&r->barrier))
        return;
    x = uncovered(c, &pid);
    if (x && ck_now() >= answer_until(c, x, pid)) {
        fail_for_child(c, x, pid);
        return;
    }
    if (x) {
        if (++r->rechecks % ASK_AGAIN == 0) {
            struct ck_msg_stop m = {.id = r->id, .final = (uint8_t)r->final};

            CK_LINK_SEND(x->link, stop, STOP, &m);
        }
        ck_loop_arm(&c->loop, &r->recheck, ck_now() + RECHECK_MS);
        return;
    }
    if (ck_lost_in_the_way(c)) {
        if (ck_state_busy(c->session.state))
            ck_loop_arm(&c->loop, &r->recheck, ck_now() + RECHECK_MS);
        return;
    }
    if (c->session.state == CK_ST_STOPPING && have_launchers(c))
        ck_coord_fire(c, CK_EV_STOPPED, "set %u", r->id);
    else
        ck_coord_fire(c, CK_EV_PARKED, "set %u", r->id);
}

void ck_stop_stopped(struct ck_coord *c, struct ck_peer *x,
                     const struct ck_msg_stopped *m)
{
    if (m->id != c->round.id || !x->member)
        return;
    if (x->state != CK_P_STOPPING && x->state != CK_P_STOPPED)
        return;
    if (ck_peer_children(x, m->children.p, m->children.n) < 0) {
        ck_checkpoint_fail(c, CK_AGAIN_LATER,
                           "an answer to STOP cannot be used");
        return;
    }
    x->state = CK_P_STOPPED;
    x->total = m->bytes;
    ck_barrier_arrive(&c->round.barrier, x->key);
    ck_status_changed(c);
    if (c->session.state == CK_ST_STOPPING ||
        c->session.state == CK_ST_STOPPING_LAUNCHERS)
        ck_stop_check(c);
}
