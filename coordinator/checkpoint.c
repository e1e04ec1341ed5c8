/*
 * checkpoint.c - one checkpoint, from its beginning to the commit.
 *
 * What each state does when it is entered, and what the answers mean. All
 * of a round's data is in struct ck_round; answers that carry another
 * round's number are passed over. A failure calls ck_checkpoint_fail, which
 * keeps the reason; entering ABORTING tells everybody.
 */
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "coordinator/coord.h"
#include "coordinator/leaving.h"
#include "coordinator/local.h"
#include "coordinator/obstacles.h"
#include "lib/base/jobdir.h"
#include "lib/base/log.h"
#include "lib/base/sets.h"

static void describe(void *arg, uint64_t key, char *buf, size_t cap)
{
    struct ck_coord *c = arg;
    const struct ck_peer *x;
    char who[200];

    if (key & CK_TREE_KEY(0)) {
        size_t i = (size_t)(key & ~CK_TREE_KEY(0));

        if (c->round.manifest && i < c->round.manifest->ntrees)
            snprintf(buf, cap, "capture of tree %s",
                     c->round.manifest->tree[i].name);
        return;
    }
    x = ck_peer_by_key(&c->peers, key);
    if (!x)
        return;
    ck_peer_text(x, who, sizeof who);
    snprintf(buf, cap, "%s, %s", who, ck_pstate_name(x->state));
}

/* A process of this node may have ended although its connection is still
 * open: something that it left behind holds it. Nobody will answer there. */
static int bury_dead(struct ck_coord *c)
{
    struct ck_peer *x, *next;
    int buried = 0;

    for (x = TAILQ_FIRST(&c->peers.processes); x; x = next) {
        next = TAILQ_NEXT(x, entry);
        if (x->state == CK_P_STOPPING && strcmp(x->node, c->node) == 0 &&
            ck_local_gone(x->pid, NULL, 0)) {
            ck_link_close(x->link, "the process has ended");
            buried = 1;
        }
    }
    return buried;
}

static void limit_over(void *arg)
{
    struct ck_coord *c = arg;
    char text[1024];

    if (!ck_barrier_overdue(&c->round.barrier, ck_now())) {
        /* A sign of life has moved it; or all have arrived, and the recheck
         * timer waits for something else, with its own look at the clock. */
        if (!ck_barrier_complete(&c->round.barrier))
            ck_loop_arm(&c->loop, &c->round.limit,
                        c->round.barrier.deadline);
        return;
    }
    if (bury_dead(c) && (ck_barrier_complete(&c->round.barrier) ||
                         !ck_barrier_overdue(&c->round.barrier, ck_now())))
        return; /* which was all; the next phase may have begun, too */
    ck_barrier_text(&c->round.barrier, describe, c, text, sizeof text);
    ck_checkpoint_fail(c, CK_AGAIN_LATER, "%s", text);
}

void ck_round_barrier(struct ck_coord *c, const char *name, int64_t limit)
{
    struct ck_round *r = &c->round;

    ck_barrier_begin(&r->barrier, name, ck_now(), limit);
    ck_loop_arm(&c->loop, &r->limit, r->barrier.deadline);
    ck_loop_disarm(&c->loop, &r->recheck);
    r->rechecks = 0;
}

void ck_round_expect(struct ck_coord *c, uint64_t key)
{
    if (ck_barrier_expect(&c->round.barrier, key) == -ENOMEM)
        ck_checkpoint_fail(c, CK_AGAIN_LATER,
                           "the coordinator is out of memory");
}

/* Helpers leave and writers are killed on ABORT; until then the set's
 * directory may still be written to. */
static void abort_over(struct ck_coord *c)
{
    int late = ck_now() >= c->round.abort_until;
    struct ck_helper *h;

    if (!late && !TAILQ_EMPTY(&c->peers.helpers)) {
        ck_loop_arm(&c->loop, &c->round.recheck, c->round.abort_until);
        return;
    }
    TAILQ_FOREACH(h, &c->peers.helpers, entry)
        ck_link_finish(h->link);
    if (ck_round_remove(c) < 0 && !late) {
        ck_loop_arm(&c->loop, &c->round.recheck, ck_now() + 50);
        return;
    }
    ck_coord_fire(c, CK_EV_ABORTED, "set %u", c->round.id);
}

static void recheck(void *arg)
{
    struct ck_coord *c = arg;

    switch (c->session.state) {
    case CK_ST_STOPPING:
    case CK_ST_STOPPING_LAUNCHERS:
        ck_stop_check(c);
        break;
    case CK_ST_DRAINING:
        ck_drain_continue(c);
        break;
    case CK_ST_WRITING:
        ck_checkpoint_check(c);
        break;
    case CK_ST_ABORTING:
        abort_over(c);
        break;
    case CK_ST_HOLDING:
        ck_hold_over(c);
        break;
    default:
        break;
    }
}

void ck_round_init(struct ck_coord *c)
{
    c->round.limit = (struct ck_timer){.fn = limit_over, .arg = c};
    c->round.recheck = (struct ck_timer){.fn = recheck, .arg = c};
}

void ck_round_fini(struct ck_coord *c)
{
    ck_barrier_free(&c->round.barrier);
    ck_round_forget(&c->round);
}

static void round_reset(struct ck_coord *c, enum ck_due why)
{
    struct ck_round *r = &c->round;

    ck_round_forget(r);
    r->id = ++c->last_set;
    r->why = why;
    r->requested = ck_now();
    r->resumed = 0;
    r->rehearsing = 0;
    r->left = 0;
    r->stall_us = 0;
    r->again = CK_AGAIN_NOT;
    r->reason[0] = '\0';
    r->kill = 0;
    r->then = ck_hold_then(c, why);
    r->final = r->then != CK_THEN_RUN_ON;
}

int ck_checkpoint_begin(struct ck_coord *c, enum ck_due why,
                        struct ck_err *e)
{
    struct ck_round *r = &c->round;

    if (ck_twins_check(c, e) < 0 || ck_off_check(c, e) < 0)
        return -EBUSY;
    round_reset(c, why);
    if (ck_jobdir_set(r->dir, sizeof r->dir, c->opt.dir, r->id) < 0)
        return ck_err(e, -ENAMETOOLONG, "%s: too long", c->opt.dir);
    if (mkdir(r->dir, 0700) < 0)
        return ck_err_sys(e, -errno, "cannot make %s", r->dir);
    r->kill = ck_control_begun(c, r->id);
    r->final |= r->kill;
    ck_journal_add(&c->journal, 0, "begin set=%u why=%s final=%d", r->id,
                   ck_due_name(why), r->final);
    ck_coord_fire(c, CK_EV_CHECKPOINT, "set %u, %s%s", r->id,
                  ck_due_name(why), r->final ? ", final" : "");
    return 0;
}

void ck_checkpoint_fail(struct ck_coord *c, enum ck_again again,
                        const char *fmt, ...)
{
    struct ck_round *r = &c->round;
    va_list ap;

    if (!ck_state_busy(c->session.state) || r->reason[0])
        return;
    va_start(ap, fmt);
    vsnprintf(r->reason, sizeof r->reason, fmt, ap);
    va_end(ap);
    r->again = again;
    ck_coord_fire(c, CK_EV_FAIL, "set %u", r->id);
}

void ck_capture_enter(struct ck_coord *c)
{
    struct ck_round *r = &c->round;
    struct ck_msg_snapshot snap = {.id = r->id, .set_dir = r->dir};
    struct ck_msg_capture cap = {.id = r->id, .set_dir = r->dir};
    struct ck_peer *x;
    unsigned saved = 0;

    ck_round_barrier(c, "taking the snapshot", c->opt.limit.snapshot);
    ck_leaving_ask(c);
    if (ck_round_collect(c) < 0) {
        ck_checkpoint_fail(c, CK_AGAIN_LATER,
                           "the coordinator is out of memory");
        return;
    }
    for (size_t i = 0; i < r->manifest->ntrees; i++) {
        x = r->tree[i].captain;
        if (!x)
            continue;
        ck_round_expect(c, CK_TREE_KEY(i));
        CK_LINK_SEND(x->link, capture, CAPTURE, &cap);
    }
    TAILQ_FOREACH(x, &c->peers.processes, entry) {
        if (!x->member || x->kind != CK_KIND_SAVED)
            continue;
        saved++;
        ck_round_expect(c, x->key);
        CK_LINK_SEND(x->link, snapshot, SNAPSHOT, &snap);
    }
    if (!saved)
        ck_checkpoint_fail(c, CK_AGAIN_NOT,
                           "there is no process that can be saved, "
                           "only launchers and ckpt itself");
}

static int on_several_nodes(const struct ck_coord *c)
{
    const struct ck_peer *x, *first = TAILQ_FIRST(&c->peers.processes);

    TAILQ_FOREACH(x, &c->peers.processes, entry) {
        if (strcmp(x->node, first->node) != 0)
            return 1;
    }
    return 0;
}

/* Of open files. The program may have changed its own; who started it all
 * has the one that a restart will have, too. */
static uint64_t hard_limit(void)
{
    struct rlimit r;

    return getrlimit(RLIMIT_NOFILE, &r) < 0 ? RLIM_INFINITY : r.rlim_max;
}

/* The helper asks what it is to look at. */
void ck_checkpoint_capture_list(struct ck_coord *c, struct ck_helper *h)
{
    struct ck_msg_capture_list m = {.id = c->round.id,
                                    .set_dir = c->round.dir,
                                    .several = (uint8_t)on_several_nodes(c),
                                    .nofile = hard_limit()};
    size_t cap = 9 * (size_t)c->peers.nprocesses, at = 0;
    uint8_t *members = malloc(cap + 1);
    struct ck_peer *x;
    struct ck_wr w;

    if (!members) {
        ck_checkpoint_fail(c, CK_AGAIN_LATER,
                           "the coordinator is out of memory");
        return;
    }
    ck_wr_init(&w, members, cap);
    while ((x = ck_peer_of_tree(&c->peers, h->tree, &at))) {
        if (!x->member)
            continue;
        ck_put_uint(&w, x->pid, 4);
        ck_put_uint(&w, x->vpid, 4);
        ck_put_uint(&w, x->kind, 1);
    }
    m.members = (struct ck_blob){members, (uint32_t)w.len};
    CK_LINK_SEND(h->link, capture_list, CAPTURE_LIST, &m);
    free(members);
}

static void check_captured(struct ck_coord *c)
{
    if (c->session.state == CK_ST_CAPTURING &&
        ck_barrier_complete(&c->round.barrier))
        ck_coord_fire(c, CK_EV_CAPTURED, "set %u", c->round.id);
}

void ck_checkpoint_snapped(struct ck_coord *c, struct ck_peer *x,
                           const struct ck_msg_snapped *m)
{
    if (c->session.state != CK_ST_CAPTURING || m->id != c->round.id ||
        ck_barrier_arrive(&c->round.barrier, x->key) < 0)
        return;
    x->state = CK_P_SNAPPED;
    if (m->stall_us > c->round.stall_us)
        c->round.stall_us = m->stall_us;
    ck_barrier_touch(&c->round.barrier, ck_now());
    ck_status_changed(c);
    check_captured(c);
}

/* The helper has seen all it needs: the processes may run on. */
void ck_checkpoint_captured(struct ck_coord *c, struct ck_helper *h)
{
    int i = ck_round_tree(c, h->tree);

    if (c->session.state != CK_ST_CAPTURING || i < 0 ||
        ck_barrier_arrive(&c->round.barrier, CK_TREE_KEY(i)) < 0)
        return;
    check_captured(c);
}

/* kind.<...>.img of the characters that tree names have: what a peer says
 * becomes a file name in the manifest. */
static int image_kind(const char *file)
{
    size_t n = strlen(file);
    char kind[8];
    const char *dot = strchr(file, '.');

    if (!dot || (size_t)(dot - file) >= sizeof kind || n > 200 || n < 9 ||
        strcmp(file + n - 4, ".img") != 0)
        return -1;
    for (const char *p = file; *p; p++)
        if (!isalnum((unsigned char)*p) && !strchr("._-", *p))
            return -1;
    memcpy(kind, file, (size_t)(dot - file));
    kind[dot - file] = '\0';
    return ck_image_kind_of(kind);
}

static int add_image(struct ck_coord *c, int kind, const char *tree,
                     const char *node, uint32_t vpid, const char *command,
                     const struct ck_msg_written *m)
{
    uint64_t key = ck_index_key(m->file, 0);
    struct ck_manifest_image *im;
    const char *known;
    size_t at = 0;

    while ((known = ck_index_next(&c->round.files, key, &at)))
        if (strcmp(known, m->file) == 0)
            return -EEXIST;
    im = ck_manifest_add_image(c->round.manifest);
    if (!im)
        return -ENOMEM;
    im->file = strdup(m->file);
    im->kind = kind;
    im->tree = strdup(tree);
    im->node = strdup(node);
    im->command = strdup(kind == CK_IMAGE_PROCESS ? command : "");
    im->vpid = kind == CK_IMAGE_PROCESS ? vpid : 0;
    im->bytes = m->bytes;
    im->raw_bytes = m->raw_bytes;
    im->checksum = m->checksum;
    return im->file && im->tree && im->node && im->command ?
               ck_index_add(&c->round.files, key, im->file) : -ENOMEM;
}

/* The tree's image names those of its processes by the program's numbers: one
 * that has another name would not be found again. */
static int is_image_of(const struct ck_peer *x, const char *file)
{
    char name[256];

    snprintf(name, sizeof name, "proc.%s.%u.img", x->tree, x->vpid);
    return strcmp(file, name) == 0;
}

void ck_checkpoint_check(struct ck_coord *c)
{
    struct ck_peer *x;

    if (c->session.state != CK_ST_WRITING ||
        !ck_barrier_complete(&c->round.barrier) ||
        ck_round_rehearse(c) || ck_leaving_waits(c))
        return;
    TAILQ_FOREACH(x, &c->peers.processes, entry)
        if (x->member && x->state == CK_P_WRITING)
            x->state = CK_P_RUNNING;
    ck_coord_fire(c, CK_EV_WRITTEN, "set %u", c->round.id);
}

void ck_checkpoint_written(struct ck_coord *c, struct ck_peer *x,
                           struct ck_helper *h,
                           const struct ck_msg_written *m)
{
    struct ck_round *r = &c->round;
    const char *tree = x ? x->tree : h->tree;
    int kind = image_kind(m->file), i = ck_round_tree(c, tree), rc;

    if (m->id != r->id || (c->session.state != CK_ST_CAPTURING &&
                           c->session.state != CK_ST_WRITING))
        return;
    if (kind < 0 || i < 0 || (x && kind == CK_IMAGE_TREE) ||
        (h && kind == CK_IMAGE_PROCESS) ||
        (x && kind == CK_IMAGE_PROCESS && !is_image_of(x, m->file))) {
        ck_checkpoint_fail(c, CK_AGAIN_NOT,
                           "\"%s\" is not a file that tree %s may "
                           "write", m->file, tree);
        return;
    }
    rc = add_image(c, kind, tree, r->manifest->tree[i].node,
                   x ? x->vpid : 0, x ? x->command : "", m);
    if (rc < 0) {
        ck_checkpoint_fail(c, CK_AGAIN_LATER,
                           "%s cannot be listed: %s", m->file,
                           strerror(-rc));
        return;
    }
    ck_barrier_touch(&r->barrier, ck_now());
    if (kind == CK_IMAGE_TREE) {
        h->written = r->tree[i].written = 1;
        ck_barrier_arrive(&r->barrier, CK_TREE_KEY(i));
    } else if (kind == CK_IMAGE_PROCESS) {
        /* killed before it could say so, and its writer has gone on */
        if (x->state == CK_P_STOPPED && c->session.state == CK_ST_CAPTURING) {
            x->state = CK_P_SNAPPED;
            ck_barrier_arrive(&r->barrier, x->key);
        }
        x->written = 1;
        x->done = x->total;
        if (x->state == CK_P_WRITING)
            x->state = CK_P_RUNNING;
        if (c->session.state == CK_ST_WRITING)
            ck_barrier_arrive(&r->barrier, x->key);
    }
    ck_status_changed(c);
    check_captured(c);
    ck_checkpoint_check(c);
}

void ck_checkpoint_rehearsed(struct ck_coord *c, struct ck_helper *h,
                             const struct ck_msg_rehearsed *m)
{
    int i = ck_round_tree(c, h->tree);

    if (m->id != c->round.id || !c->round.rehearsing || i < 0 ||
        ck_barrier_arrive(&c->round.barrier, CK_TREE_KEY(i)) < 0)
        return;
    h->written = 1;
    ck_checkpoint_check(c);
}

void ck_checkpoint_alive(struct ck_coord *c)
{
    if (c->session.state == CK_ST_CAPTURING ||
        c->session.state == CK_ST_WRITING)
        ck_barrier_touch(&c->round.barrier, ck_now());
    ck_control_progress(c);
}

void ck_write_enter(struct ck_coord *c)
{
    struct ck_round *r = &c->round;
    struct ck_peer *x;

    r->resumed = ck_now();
    ck_control_captured(c, r->id);
    if (!r->final)
        ck_round_resume(c);
    ck_round_barrier(c, "writing", c->opt.limit.write);
    for (size_t i = 0; i < r->manifest->ntrees; i++)
        if (r->tree[i].needed && !r->tree[i].written)
            ck_round_expect(c, CK_TREE_KEY(i));
    TAILQ_FOREACH(x, &c->peers.processes, entry) {
        if (!x->member || x->kind != CK_KIND_SAVED || x->written)
            continue;
        ck_round_expect(c, x->key);
        if (!r->final)
            x->state = CK_P_WRITING;
    }
    ck_checkpoint_check(c);
}

void ck_commit_enter(struct ck_coord *c)
{
    struct ck_round *r = &c->round;
    struct ck_err e;
    int64_t cost;

    ck_loop_disarm(&c->loop, &r->limit);
    if (ck_commit(c, &e) < 0) {
        ck_checkpoint_fail(c, CK_AGAIN_LATER, "%s", e.text);
        return;
    }
    cost = ck_now() - r->requested - ck_leaving_waited(c);
    ck_policy_done(&c->policy, ck_now(), cost);
    ck_journal_add(&c->journal, 1, "committed set=%u bytes=%llu cost_ms=%lld "
                   "stall_ms=%lld", r->id, (unsigned long long)c->last.bytes,
                   (long long)cost,
                   (long long)(c->last.stall_seconds * 1000));
    ck_log("set %u is committed: %u processes, %llu bytes, %.2f s, "
           "stopped for %.3f s", r->id, r->manifest->processes,
           (unsigned long long)c->last.bytes, c->last.seconds,
           c->last.stall_seconds);
    c->last_error[0] = '\0';
    ck_notice_good(c);
    if (ck_due_final(r->why) && !r->final)
        c->policy.final_done = 1;
    ck_commit_prune(c);
    ck_coord_fire(c, r->final ? CK_EV_HELD : CK_EV_COMMITTED, "set %u",
                  r->id);
}
