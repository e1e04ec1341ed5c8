/*
 * restore.c - a restart: every process of the set is back, or none runs.
 *
 * The manifest says which processes are expected. Each connects once its
 * restorer runs (RESTORING) and says RESTORED when it has its memory and
 * threads; until GO it executes nothing of the program. Whoever connects
 * twice, or is not in the set, is sent away: a restart never starts twice.
 * Launchers, which are executed again, have held back what they read and say:
 * they are told first when all are back, and answer when they do so no more.
 * One failure, one lost process or silence for the limit ends all of them.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "coordinator/coord.h"
#include "lib/base/log.h"
#include "lib/base/sets.h"

#define NAMED 4

static const struct ck_expected *first_missing(const struct ck_restore *r,
                                               size_t *at)
{
    for (; *at < r->n; (*at)++)
        if (!r->expected[*at].restored)
            return &r->expected[(*at)++];
    return NULL;
}

static void limit_over(void *arg)
{
    struct ck_coord *c = arg;
    struct ck_restore *r = &c->restore;
    const struct ck_expected *x;
    size_t at = 0;
    char text[900];
    int len = 0;

    if (c->session.state != CK_ST_RESTORING)
        return;
    if (ck_now() < r->deadline) {
        ck_loop_arm(&c->loop, &r->limit, r->deadline);
        return;
    }
    text[0] = '\0';
    for (int i = 0; i < NAMED && (x = first_missing(r, &at)); i++)
        len += snprintf(text + len, sizeof text - (size_t)len,
                        "%s%.60s (pid %u of tree %s, %s)", i ? ", " : "",
                        x->image->command, x->image->vpid, x->image->tree,
                        x->process ? "restoring" : "has not connected");
    ck_restore_fail(c, "%zu of %zu processes are not back after %g s of "
                    "silence: %s", r->n - r->back, r->n,
                    (double)c->opt.limit.restore / 1000, text);
}

int ck_restore_begin(struct ck_coord *c, struct ck_err *e)
{
    struct ck_restore *r = &c->restore;
    int rc = ck_set_manifest(c->opt.dir, c->opt.restore, &r->manifest, e);

    if (rc < 0)
        return rc;
    r->expected = calloc(r->manifest->nimages + 1, sizeof *r->expected);
    if (!r->expected)
        return ck_err(e, -ENOMEM, "out of memory");
    for (size_t i = 0; i < r->manifest->nimages; i++) {
        const struct ck_manifest_image *im = &r->manifest->image[i];

        if (im->kind != CK_IMAGE_PROCESS)
            continue;
        if (ck_index_add(&r->places, ck_index_key(im->tree, im->vpid),
                         &r->expected[r->n]) < 0)
            return ck_err(e, -ENOMEM, "out of memory");
        r->expected[r->n++].image = im;
        r->total += im->raw_bytes;
    }
    if (!r->n)
        return ck_err(e, -EINVAL, "set %u has no process", c->opt.restore);
    r->limit = (struct ck_timer){.fn = limit_over, .arg = c};
    ck_coord_fire(c, CK_EV_RESTORE, "set %u, %zu processes", c->opt.restore,
                  r->n);
    ck_restore_alive(c);
    return 0;
}

void ck_restore_alive(struct ck_coord *c)
{
    if (c->session.state != CK_ST_RESTORING)
        return;
    c->restore.deadline = ck_now() + c->opt.limit.restore;
    ck_loop_arm(&c->loop, &c->restore.limit, c->restore.deadline);
}

static void send_away(struct ck_coord *c, struct ck_link *l,
                      const struct ck_msg_restoring *m, const char *why)
{
    struct ck_msg_abort a = {.reason = why};

    ck_log("restart of pid %u of tree %s refused: %s", m->vpid, m->tree, why);
    (void)c;
    CK_LINK_SEND(l, abort, ABORT, &a);
    ck_link_finish(l);
}

static struct ck_expected *expected(const struct ck_restore *r,
                                    const char *tree, uint32_t vpid)
{
    struct ck_expected *x;
    size_t at = 0;

    while ((x = ck_index_next(&r->places, ck_index_key(tree, vpid), &at)))
        if (x->image->vpid == vpid && strcmp(x->image->tree, tree) == 0)
            return x;
    return NULL;
}

void ck_restore_connect(struct ck_coord *c, struct ck_link *l,
                        const struct ck_msg_restoring *m)
{
    struct ck_restore *r = &c->restore;
    struct ck_expected *x;

    if (c->session.state != CK_ST_RESTORING) {
        send_away(c, l, m, "no restart is under way here");
        return;
    }
    x = expected(r, m->tree, m->vpid);
    if (!x || x->process) {
        send_away(c, l, m, x ? "this process is being restored already" :
                               "this process is not part of the set");
        return;
    }
    x->process = ck_peer_add(&c->peers, l, m->pid, m->vpid, m->node,
                                m->tree, x->image->command);
    if (!x->process) {
        ck_restore_fail(c, "the coordinator is out of memory");
        return;
    }
    x->process->state = CK_P_RESTORING;
    x->process->kind = CK_KIND_SAVED;
    x->process->start = m->start;
    x->process->total = x->image->raw_bytes;
    l->owner = x->process;
    ck_notice_output(c, (pid_t)m->pid, m->node, m->tree);
    c->had_process = 1;
    ck_restore_alive(c);
    ck_status_changed(c);
}

static struct ck_expected *expected_of(struct ck_restore *r,
                                       const struct ck_peer *x)
{
    struct ck_expected *e = expected(r, x->tree, x->vpid);

    return e && e->process == x ? e : NULL;
}

/* All processes are back, and no launcher is still to answer. */
static void check_all(struct ck_coord *c)
{
    struct ck_restore *r = &c->restore;
    struct ck_peer *x;

    if (r->back < r->n)
        return;
    TAILQ_FOREACH(x, &c->peers.processes, entry)
        if (x->kind == CK_KIND_REEXEC && x->state == CK_P_RESTORING)
            return;
    ck_coord_fire(c, CK_EV_RESTORED, "set %u, %zu processes", c->opt.restore,
                  r->n);
}

static void tell_launchers(struct ck_coord *c)
{
    struct ck_msg_go m = {.generation = c->history.generation};
    struct ck_peer *x;

    TAILQ_FOREACH(x, &c->peers.processes, entry) {
        if (x->kind != CK_KIND_REEXEC)
            continue;
        CK_LINK_SEND(x->link, go, GO, &m);
        x->state = CK_P_RESTORING;
    }
    check_all(c);
}

void ck_restore_restored(struct ck_coord *c, struct ck_peer *x,
                         const struct ck_msg_restored *m)
{
    struct ck_restore *r = &c->restore;
    struct ck_expected *e = expected_of(r, x);

    if (c->session.state == CK_ST_RESTORING && x->kind == CK_KIND_REEXEC &&
        x->state == CK_P_RESTORING) {
        x->state = CK_P_RUNNING;
        check_all(c);
        return;
    }
    if (c->session.state != CK_ST_RESTORING || !e || e->restored ||
        m->vpid != x->vpid)
        return;
    e->restored = 1;
    r->back++;
    x->state = CK_P_RESTORED;
    x->done = x->total;
    ck_restore_alive(c);
    ck_status_changed(c);
    if (r->back == r->n)
        tell_launchers(c);
}

void ck_restore_go(struct ck_coord *c)
{
    struct ck_msg_go m = {.generation = c->history.generation};
    struct ck_peer *x;

    TAILQ_FOREACH(x, &c->peers.processes, entry) {
        /* and launchers that came when the others had been told */
        if (x->state != CK_P_RESTORED && x->kind != CK_KIND_REEXEC)
            continue;
        CK_LINK_SEND(x->link, go, GO, &m);
        x->state = CK_P_RUNNING;
    }
    ck_journal_add(&c->journal, 1, "restored set=%u processes=%zu",
                   c->opt.restore, c->restore.n);
    ck_log("set %u is back: %zu processes run on", c->opt.restore,
           c->restore.n);
    ck_policy_started(&c->policy, ck_now());
    ck_restore_fini(c);
}

/* It may have had no task in the set, or a second process of it ends. */
static void launcher_gone(struct ck_coord *c, struct ck_peer *x,
                          const char *who)
{
    const struct ck_restore *r = &c->restore;
    char name[32];

    snprintf(name, sizeof name, "srun-%u.", x->vpid);
    for (size_t i = 0; i < r->n; i++) {
        if (r->expected[i].restored ||
            strncmp(r->expected[i].image->tree, name, strlen(name)) != 0)
            continue;
        ck_restore_fail(c, "%s ended before its tasks were back; %s/log has "
                        "what it said", who, c->opt.dir);
        return;
    }
    x->state = CK_P_RUNNING;
    check_all(c);
}

void ck_restore_gone(struct ck_coord *c, struct ck_peer *x)
{
    char who[256];

    if (c->session.state != CK_ST_RESTORING)
        return;
    ck_peer_text(x, who, sizeof who);
    if (x->kind == CK_KIND_REEXEC) {
        launcher_gone(c, x, who);
        return;
    }
    if (!expected_of(&c->restore, x))
        return;
    ck_restore_fail(c, "%s of tree %s ended while it was being restored",
                    who, x->tree);
}

void ck_restore_fail(struct ck_coord *c, const char *fmt, ...)
{
    char why[sizeof c->last_error - 32];
    va_list ap;

    if (c->session.state != CK_ST_RESTORING)
        return;
    va_start(ap, fmt);
    vsnprintf(why, sizeof why, fmt, ap);
    va_end(ap);
    snprintf(c->last_error, sizeof c->last_error, "restart of set %u: %s",
             c->opt.restore, why);
    ck_log("%s", c->last_error);
    ck_journal_add(&c->journal, 1, "restore-failed set=%u reason=%s",
                   c->opt.restore, why);
    c->exit_code = 1;
    ck_coord_fire(c, CK_EV_FAIL, "set %u", c->opt.restore);
}

void ck_restore_give_up(struct ck_coord *c)
{
    struct ck_msg_abort m = {.reason = c->last_error[0] ? c->last_error :
                             "the restart was given up"};
    struct ck_peer *x;

    TAILQ_FOREACH(x, &c->peers.processes, entry)
        CK_LINK_SEND(x->link, abort, ABORT, &m);
    ck_restore_fini(c);
}

void ck_restore_fini(struct ck_coord *c)
{
    struct ck_restore *r = &c->restore;

    ck_loop_disarm(&c->loop, &r->limit);
    ck_manifest_destroy(r->manifest);
    free(r->expected);
    ck_index_free(&r->places);
    r->manifest = NULL;
    r->expected = NULL;
    r->n = r->back = 0;
}
