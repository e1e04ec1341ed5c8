/*
 * revive.c - bringing the processes of an image set back; see restart.h.
 *
 * The coordinator decides whether the restart is good: it says GO when every
 * process of the set is back, and gives up, with the reason, when one is
 * not. Here the trees are started, and when it did not work, whatever was
 * started is ended before the reason is told.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/ask.h"
#include "cli/cli.h"
#include "cli/restart.h"
#include "cli/start.h"
#include "cli/super.h"
#include "cli/term.h"
#include "lib/base/conn.h"
#include "lib/base/duration.h"
#include "lib/base/env.h"
#include "lib/base/jobdir.h"
#include "lib/base/log.h"
#include "lib/base/sets.h"
#include "lib/proto/client.h"
#include "lib/proto/messages.h"
#include "restart/plan.h"
#include "restart/rehearse.h"

#define SETTLE_MS 100

/* Descriptors that lead nowhere now: for a message. */
static char missing[300];

static void fill(struct ck_restart_opts *o, const struct ck_restart *r,
                 const char *set_dir, const char *tree, uint32_t generation)
{
    memset(o, 0, sizeof(*o));
    o->job_dir = r->dir;
    o->set_dir = set_dir;
    o->tree = tree;
    o->node = ck_env_node();
    o->runtime = r->paths.runtime;
    o->restorer = r->paths.restore;
    o->generation = generation;
    o->in_place = r->in_place;
    o->keep_files = r->keep_files;
    o->missing = missing;
    o->missing_cap = sizeof(missing);
    o->given = r->given;
    o->ngiven = r->ngiven;
}

/* Tells the coordinator that this tree will not come, so that the others
 * end at once and not after a time-out. */
static void tell_failure(const char *dir, const char *tree,
                         const char *reason)
{
    static uint8_t buf[4096];
    struct ck_msg_restoring hello = {.pid = (uint32_t)getpid(),
                                     .node = ck_env_node(),
                                     .tree = tree};
    struct ck_msg_failed failed = {.phase = CK_PHASE_RESTORE,
                                   .reason = reason};
    char why[256];
    long fd = ck_client_connect(dir, CK_ROLE_RESTORING, 5000, why,
                                sizeof(why));

    if (fd < 0)
        return;
    if (CK_CLIENT_SEND((int)fd, buf, sizeof(buf), restoring, RESTORING,
                       &hello) == 0)
        CK_CLIENT_SEND((int)fd, buf, sizeof(buf), failed, FAILED, &failed);
    close((int)fd);
}

/* Trees below a launcher are started by it, when it is executed again. */
static int starts_by_itself(const char *tree)
{
    return !CK_TREE_IS_TASK(tree);
}

int ck_restart_together(const struct ck_manifest *m, const char *set_dir,
                        struct ck_err *e)
{
    const char **tree = calloc(m->ntrees + 1, sizeof(*tree));
    char why[900] = "";
    int rc = tree ? 0 : -ENOMEM;

    for (size_t i = 0; tree && i < m->ntrees; i++)
        tree[i] = m->tree[i].name;
    if (!rc)
        rc = ck_rehearse_together(set_dir, tree, m->ntrees, why, sizeof(why));
    free(tree);
    return rc ? ck_err(e, rc, "%s", *why ? why : strerror(-rc)) : 0;
}

/* Of several trees none is begun if one can't be restarted: what one does to
 * files stays done. */
static int ask_all(const struct ck_restart *r, struct ck_err *e)
{
    char set_dir[CK_PATH], why[900] = "";
    const struct ck_manifest *m = r->manifest;
    int rc = 0;

    if (m->ntrees < 2)
        return 0;
    if (ck_jobdir_set(set_dir, sizeof(set_dir), r->dir, r->set) < 0)
        return ck_err(e, -ENAMETOOLONG, "%s: too long", r->dir);
    for (size_t i = 0; rc >= 0 && i < m->ntrees; i++) {
        struct ck_restart_opts o;

        fill(&o, r, set_dir, m->tree[i].name, 0);
        if (starts_by_itself(m->tree[i].name))
            rc = ck_restart_look(&o, NULL, NULL, why, sizeof(why));
        if (rc < 0)
            ck_err(e, rc, "tree %s: %s", m->tree[i].name, why);
    }
    return rc < 0 ? rc : ck_restart_together(m, set_dir, e);
}

static int start_trees(const struct ck_restart *r, uint32_t generation,
                       struct ck_root *roots, size_t *n, int *resized,
                       struct ck_err *e)
{
    char set_dir[CK_PATH], why[900] = "";
    const struct ck_manifest *m = r->manifest;

    if (ck_jobdir_set(set_dir, sizeof(set_dir), r->dir, r->set) < 0)
        return ck_err(e, -ENAMETOOLONG, "%s: too long", r->dir);
    for (size_t i = 0; i < m->ntrees; i++) {
        struct ck_restart_opts o;
        struct ck_root *root = &roots[*n];
        pid_t pid;

        if (!starts_by_itself(m->tree[i].name))
            continue;
        fill(&o, r, set_dir, m->tree[i].name, generation);
        o.resized = resized;
        pid = ck_restart_tree(&o, why, sizeof(why));
        if (pid < 0) {
            tell_failure(r->dir, m->tree[i].name, why);
            return ck_err(e, (int)pid, "tree %s: %s", m->tree[i].name, why);
        }
        snprintf(root->tree, sizeof(root->tree), "%s", m->tree[i].name);
        root->pid = pid;
        (*n)++;
    }
    if (*n == 0)
        return ck_err(e, -ENOENT, "image set %u has no tree to start here",
                      r->set);
    return 0;
}

/* The coordinator's reason, where it has one. */
static void find_reason(const struct ck_status *s, struct ck_err *e)
{
    const char *reason = ck_jstr(s->doc, "last_error", NULL);

    if (reason && *reason)
        ck_err(e, -EIO, "%s", reason);
}

static void show(const struct ck_status *s, int *shown)
{
    const struct ck_jval *p = ck_jget(s->doc, "progress");
    double total = ck_jnum(p, "total", 0);
    char a[32], b[32];

    if (!isatty(2) || total <= 0)
        return;
    ck_bytes_text(a, sizeof(a), (uint64_t)ck_jnum(p, "done", 0));
    ck_bytes_text(b, sizeof(b), (uint64_t)total);
    fprintf(stderr, "\r\033[Krestoring: %s of %s", a, b);
    fflush(stderr);
    *shown = 1;
}

/* Until all processes run (0), or the reason why they never will. */
static int await_go(const struct ck_restart *r, struct ck_root *roots,
                    size_t n, struct ck_err *e)
{
    int shown = 0, rc = 1;
    int64_t start = ck_now_ms();

    ck_err(e, -EIO, "a process ended before all were restored; %s/log may "
           "say why", r->dir);
    while (rc > 0) {
        struct ck_status s;
        size_t left = ck_super_step(r->dir, roots, n, 20);
        const char *state;

        if (ck_status_live(r->dir, 10000, &s, NULL) < 0) {
            /* it has given up: its last word is in the file */
            if (ck_status_ask(r->dir, 1000, &s, NULL) == 0) {
                find_reason(&s, e);
                ck_status_free(&s);
            }
            rc = -EIO;
            break;
        }
        state = ck_jstr(s.doc, "state", "");
        if (ck_now_ms() - start > 300)
            show(&s, &shown);
        if (strcmp(state, "restoring") != 0) {
            rc = strcmp(state, "ending") && strcmp(state, "ended") ? 0 : -EIO;
            find_reason(&s, e);
        } else if (left == 0) {
            rc = -EIO;
        }
        ck_status_free(&s);
    }
    if (shown)
        fprintf(stderr, "\r\033[K");
    return rc;
}

static void end_all(const char *dir, struct ck_root *roots, size_t n)
{
    struct ck_conn *c;

    if (ck_conn_open(dir, 2000, &c, NULL) == 0) {
        ck_conn_run(c, CK_CMD_KILL, 0, 0, 5000, NULL, NULL, NULL);
        ck_conn_close(c);
    }
    for (size_t i = 0; i < n; i++)
        if (!roots[i].ended)
            kill(roots[i].pid, SIGKILL);
    for (int tries = 0; tries < 50 && ck_super_step(dir, roots, n, 100) > 0;)
        tries++;
    ck_coordinator_dismiss(dir, 5000);
}

/* What the earlier run was started with, where nothing else was said. */
static void as_before(struct ck_restart *r, struct ck_coord_start *s,
                      char name[128])
{
    struct ck_status old;

    if (r->manifest->name && ck_name_ok(r->manifest->name)) {
        snprintf(name, 128, "%s", r->manifest->name);
        s->name = name;
    }
    if (ck_status_ask(r->dir, 1000, &old, NULL) < 0)
        return;
    if (!r->has_interval) {
        s->interval = (uint32_t)ck_jnum(old.doc, "interval", 0);
        s->has_interval = s->interval > 0;
    }
    if (!r->keep)
        s->keep = (uint32_t)ck_jnum(old.doc, "keep", 0);
    ck_status_free(&old);
}

static int start_coordinator(struct ck_restart *r, uint32_t *generation,
                             struct ck_err *e)
{
    struct ck_coord_start s = {
        .dir = r->dir,
        .has_interval = r->has_interval,
        .interval = r->interval,
        .keep = r->keep,
        .restore = r->set,
    };
    struct ck_status st;
    char name[128];
    pid_t pid;

    as_before(r, &s, name);
    ck_jobdir_forget_run(r->dir);
    if (r->set <= ck_sets_finished(r->dir, NULL))
        ck_sets_reopen(r->dir);
    pid = ck_coordinator_start(&r->paths, &s, e);
    if (pid < 0)
        return pid;
    if (ck_status_live(r->dir, 10000, &st, e) < 0)
        return -EIO;
    *generation = (uint32_t)ck_jnum(st.doc, "generation", 0);
    ck_status_free(&st);
    return 0;
}

static const struct ck_root *first_of(const struct ck_root *roots, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(roots[i].tree, "main") == 0)
            return &roots[i];
    return &roots[0];
}

/* Twice: a program that was just let go may be on its way into the call that
 * the signal is to end, and wait there without having seen it. */
static void tell_size(const char *dir, struct ck_root *roots, size_t n,
                      const struct ck_term *term)
{
    ck_term_resized(term);
    if (ck_super_step(dir, roots, n, SETTLE_MS) > 0)
        ck_term_resized(term);
}

int ck_restart_all(struct ck_restart *r)
{
    struct ck_root *roots = calloc(r->manifest->ntrees + 1, sizeof(*roots));
    struct ck_super super;
    struct ck_term term;
    struct ck_err e;
    int background = -1, resized = 0, rc, code;
    uint32_t generation = 0;
    size_t n = 0;

    if (!roots) {
        ck_log("out of memory");
        return 1;
    }
    if (r->detach && (background = ck_detach(r->dir, &e)) < 0) {
        free(roots);
        return ck_cli_fail(&e);
    }
    /* its terminal is there until it runs, and for messages only */
    for (size_t i = 0; r->detach && i < r->ngiven; i++) {
        if (r->given[i].number == 2)
            r->given[i].fd = 1;
    }
    ck_term_note(&term);
    rc = ask_all(r, &e);
    if (rc == 0)
        rc = start_coordinator(r, &generation, &e);
    if (rc == 0)
        rc = start_trees(r, generation, roots, &n, &resized, &e);
    ck_given_close(r->given, r->ngiven);
    ck_super_begin(&super);
    ck_super_listen(r->dir);
    if (rc == 0)
        rc = await_go(r, roots, n, &e);
    if (rc < 0) {
        end_all(r->dir, roots, n);
        ck_term_back(&term);
        if (r->manifest->processes > 1)
            ck_log("restart from image set %u failed, none of its %u "
                   "processes runs: %s", r->set, r->manifest->processes,
                   e.text);
        else
            ck_log("restart from image set %u failed: %s", r->set, e.text);
        code = 1;
        ck_detached(background, code);
    } else {
        if (resized)
            tell_size(r->dir, roots, n, &term);
        ck_log("restarted from image set %u (%u process%s)", r->set,
               r->manifest->processes,
               r->manifest->processes == 1 ? "" : "es");
        if (*missing)
            ck_log("what was open as descriptor %s from the start is at its "
                   "end: here is nothing like it at that number", missing);
        ck_detached(background, 0);
        ck_super_wait(r->dir, roots, n);
        ck_term_back(&term);
        code = ck_super_end(r->dir, first_of(roots, n));
        ck_coordinator_dismiss(r->dir, 300);
    }
    free(roots);
    return code;
}

/* The coordinator of this step's job restores already; the number of the
 * set and of the run come from it. */
int ck_restart_in_place(struct ck_restart *r)
{
    char set_dir[CK_PATH], why[900] = "";
    struct ck_restart_opts o;
    struct ck_status s;
    struct ck_err e;
    uint32_t generation;

    if (ck_status_live(r->dir, 15000, &s, &e) < 0)
        return ck_cli_fail(&e);
    generation = (uint32_t)ck_jnum(s.doc, "generation", 0);
    if (!r->set)
        r->set = (uint32_t)ck_jnum(s.doc, "set", 0);
    ck_status_free(&s);
    if (!r->set ||
        ck_jobdir_set(set_dir, sizeof(set_dir), r->dir, r->set) < 0) {
        ck_log("restart: from which image set? (--set)");
        return 1;
    }
    fill(&o, r, set_dir, r->tree, generation);
    ck_restart_tree(&o, why, sizeof(why));
    tell_failure(r->dir, r->tree, why);
    ck_log("restart of %s from image set %u failed: %s", r->tree, r->set,
           why);
    return 1;
}
