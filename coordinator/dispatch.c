/*
 * dispatch.c - who has sent what, and who is to know.
 *
 * The first message of a connection says what the peer is; until then its
 * link has no owner. A message that its role may not send, or that cannot be
 * decoded, closes the connection: it is no peer of this version.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "coordinator/coord.h"
#include "coordinator/obstacles.h"
#include "lib/base/jobdir.h"
#include "lib/base/log.h"

static void bad(struct ck_link *l, const struct ck_frame *f)
{
    char why[64];

    snprintf(why, sizeof why, "unexpected %s", ck_msg_name(f->type));
    ck_log("a peer of role %u is closed: %s", l->role, why);
    ck_link_close(l, why);
}

static void opened(void *arg, struct ck_link *l)
{
    struct ck_coord *c = arg;

    if (l->role == CK_ROLE_CONTROL) {
        l->owner = ck_control_add(&c->peers, l);
        if (!l->owner)
            ck_link_close(l, "out of memory");
    }
}

static void remember_gone(struct ck_coord *c, const struct ck_peer *x)
{
    if (strcmp(x->node, c->node) != 0)
        return;
    memmove(c->gone + 1, c->gone, sizeof c->gone - sizeof c->gone[0]);
    c->gone[0] = x->pid;
}

static void process_gone(struct ck_coord *c, struct ck_peer *x,
                         const char *why)
{
    remember_gone(c, x);
    ck_debug("%s[%u] on %s: %s", x->command, x->pid, x->node, why);
    ck_lost_add(c, x, why);
    ck_checkpoint_gone(c, x, why);
    ck_restore_gone(c, x);
    ck_peer_remove(&c->peers, x);
    ck_status_changed(c);
    if (!c->peers.nprocesses)
        ck_coord_empty(c);
}

static void closed(void *arg, struct ck_link *l, const char *why)
{
    struct ck_coord *c = arg;

    if (!l->owner)
        return;
    switch (l->role) {
    case CK_ROLE_PROCESS:
    case CK_ROLE_RESTORING:
        process_gone(c, l->owner, why);
        break;
    case CK_ROLE_CAPTURE:
        ck_checkpoint_helper_gone(c, l->owner);
        ck_helper_remove(&c->peers, l->owner);
        break;
    case CK_ROLE_CONTROL:
        if (((struct ck_control *)l->owner)->waiting)
            ck_log("who waits for a checkpoint is gone: %s", why);
        ck_control_remove(&c->peers, l->owner);
        break;
    }
    l->owner = NULL;
}

static void on_register(struct ck_coord *c, struct ck_link *l,
                        const struct ck_frame *f)
{
    struct ck_msg_register m;
    struct ck_peer *old, *x;

    if (CK_DECODE(f, register, &m) < 0 || m.kind < CK_KIND_SAVED ||
        m.kind > CK_KIND_STANDIN || !m.pid || !ck_name_ok(m.tree)) {
        bad(l, f);
        return;
    }
    /* The same process in another program. Its old connection is closed, we
     * have only not read that yet; or it is the writer's alone now, who
     * still has something to say. */
    old = ck_peer_find(&c->peers, m.node, m.pid);
    if (old && old->member && !old->written &&
        c->session.state == CK_ST_WRITING)
        old->departed = 1;
    else if (old)
        ck_link_close(old->link, "it executes another program");
    x = ck_peer_add(&c->peers, l, m.pid, m.vpid, m.node, m.tree,
                       m.command);
    if (!x) {
        ck_link_close(l, "out of memory");
        return;
    }
    l->owner = x;
    x->kind = m.kind;
    x->start = m.start;
    x->root = m.root;
    ck_twins_registered(c, x);
    if (x->root)
        ck_notice_output(c, (pid_t)x->pid, x->node, x->tree);
    c->had_process = 1;
    c->idle_since = 0;
    c->gave_up = 0;
    ck_status_changed(c);
    ck_checkpoint_joined(c, x);
    ck_lost_found(c, x); /* a round that waited for it has it now */
    ck_coord_fire(c, CK_EV_JOIN, "%s[%u]", x->command, x->pid);
}

static void on_capture_hello(struct ck_coord *c, struct ck_link *l,
                             const struct ck_frame *f)
{
    struct ck_msg_capture_hello m;
    struct ck_helper *h;

    if (CK_DECODE(f, capture_hello, &m) < 0) {
        bad(l, f);
        return;
    }
    if (c->session.state != CK_ST_CAPTURING || m.id != c->round.id) {
        struct ck_msg_abort a = {.id = m.id, .reason = "it is over"};

        CK_LINK_SEND(l, abort, ABORT, &a);
        ck_link_finish(l);
        return;
    }
    h = ck_helper_add(&c->peers, l, m.tree);
    if (!h) {
        ck_link_close(l, "out of memory");
        return;
    }
    l->owner = h;
    ck_checkpoint_capture_list(c, h);
}

static void on_restoring(struct ck_coord *c, struct ck_link *l,
                         const struct ck_frame *f)
{
    struct ck_msg_restoring m;

    if (CK_DECODE(f, restoring, &m) < 0)
        bad(l, f);
    else
        ck_restore_connect(c, l, &m);
}

/* A connection says for the first time what it is. */
static void first_frame(struct ck_coord *c, struct ck_link *l,
                        const struct ck_frame *f)
{
    if (l->role == CK_ROLE_PROCESS && f->type == CK_MSG_REGISTER)
        on_register(c, l, f);
    else if (l->role == CK_ROLE_RESTORING && f->type == CK_MSG_RESTORING)
        on_restoring(c, l, f);
    else if (l->role == CK_ROLE_CAPTURE && f->type == CK_MSG_CAPTURE_HELLO)
        on_capture_hello(c, l, f);
    else if (l->role == CK_ROLE_RESTORING && f->type == CK_MSG_FAILED) {
        struct ck_msg_failed m;

        if (CK_DECODE(f, failed, &m) == 0)
            ck_restore_fail(c, "%s", m.reason);
    } else {
        bad(l, f);
    }
}

static void on_failed(struct ck_coord *c, struct ck_link *l,
                      const struct ck_msg_failed *m)
{
    struct ck_peer *x = l->owner;
    struct ck_helper *h = l->owner;
    const char *why = m->reason;
    char who[256];

    if (l->role == CK_ROLE_CAPTURE)
        snprintf(who, sizeof who, "tree %s", h->tree);
    else
        ck_peer_text(x, who, sizeof who);
    if (!*why)
        why = "it failed and did not say why";
    if (c->session.state == CK_ST_RESTORING)
        ck_restore_fail(c, "%s: %s", who, why);
    else if (m->id == c->round.id)
        ck_checkpoint_fail(c, !m->retry ? CK_AGAIN_NOT
                              : m->phase == CK_PHASE_STOP ||
                                m->phase == CK_PHASE_CAPTURE
                                  ? CK_AGAIN_SOON
                                  : CK_AGAIN_LATER,
                           "%s: %s", who, why);
}

static void on_progress(struct ck_coord *c, struct ck_link *l,
                        const struct ck_msg_progress *m)
{
    struct ck_peer *x = l->owner;
    struct ck_helper *h = l->owner;

    if (l->role == CK_ROLE_CAPTURE) {
        h->done = m->done;
        h->total = m->total;
    } else {
        x->done = m->done;
        x->total = m->total;
    }
    ck_checkpoint_alive(c);
    ck_restore_alive(c);
    ck_status_changed(c);
}

#define ON(TYPE, name)                                                      \
    case CK_MSG_##TYPE: {                                                   \
        struct ck_msg_##name m;                                             \
                                                                            \
        if (CK_DECODE(f, name, &m) < 0)                                     \
            break;
#define END_ON                                                              \
        return;                                                             \
    }

/* A process, running or being restored. */
static void process_frame(struct ck_coord *c, struct ck_link *l,
                          const struct ck_frame *f)
{
    struct ck_peer *x = l->owner;

    switch (f->type) {
    ON(STOPPED, stopped)
        ck_stop_stopped(c, x, &m);
    END_ON
    ON(DRAINED, drained)
        ck_drain_drained(c, x, &m);
    END_ON
    ON(SNAPPED, snapped)
        ck_checkpoint_snapped(c, x, &m);
    END_ON
    ON(PROGRESS, progress)
        on_progress(c, l, &m);
    END_ON
    ON(WRITTEN, written)
        ck_checkpoint_written(c, x, NULL, &m);
    END_ON
    ON(FAILED, failed)
        on_failed(c, l, &m);
    END_ON
    ON(RESTORED, restored)
        ck_restore_restored(c, x, &m);
    END_ON
    ON(OUTSIDE, outside)
        ck_outside_heard(c, x, &m);
    END_ON
    ON(ANSWER, answer)
        ck_lost_answer(c, x, &m);
    END_ON
    ON(REQUEST, request)
        if (m.flags & CK_REQUEST_TERM)
            ck_term_ask(c, x);
        else
            c->requested = 1;
    END_ON
    default:
        break;
    }
    bad(l, f);
}

static void helper_frame(struct ck_coord *c, struct ck_link *l,
                         const struct ck_frame *f)
{
    struct ck_helper *h = l->owner;

    switch (f->type) {
    ON(SNAPPED, snapped)
        if (m.id == c->round.id)
            ck_checkpoint_captured(c, h);
    END_ON
    ON(PROGRESS, progress)
        on_progress(c, l, &m);
    END_ON
    ON(WRITTEN, written)
        ck_checkpoint_written(c, NULL, h, &m);
    END_ON
    ON(REHEARSED, rehearsed)
        ck_checkpoint_rehearsed(c, h, &m);
    END_ON
    ON(FAILED, failed)
        on_failed(c, l, &m);
    END_ON
    default:
        break;
    }
    bad(l, f);
}

static void frame(void *arg, struct ck_link *l, const struct ck_frame *f)
{
    struct ck_coord *c = arg;

    if (!l->owner) {
        first_frame(c, l, f);
        return;
    }
    if (l->role == CK_ROLE_CAPTURE) {
        helper_frame(c, l, f);
    } else if (l->role != CK_ROLE_CONTROL) {
        process_frame(c, l, f);
    } else {
        struct ck_msg_command m;

        if (f->type != CK_MSG_COMMAND || CK_DECODE(f, command, &m) < 0)
            bad(l, f);
        else
            ck_control_command(c, l->owner, &m);
    }
}

const struct ck_link_ops ck_coord_link_ops = {
    .open = opened,
    .frame = frame,
    .closed = closed,
};
