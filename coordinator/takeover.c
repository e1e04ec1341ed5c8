/* takeover.c - see takeover.h. */
#include "coordinator/takeover.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "coordinator/coord.h"
#include "lib/base/jobdir.h"
#include "lib/base/json.h"
#include "lib/base/log.h"
#include "lib/tree/capture.h"

/* The number of those who are to come back. */
static unsigned expect(struct ck_coord *c, const struct ck_jval *doc)
{
    const struct ck_jval *list = ck_jget(doc, "processes"), *p;
    unsigned n = 0;

    for (p = list ? list->child : NULL; p; p = p->next) {
        const struct ck_peer was = {
            .pid = (uint32_t)ck_jnum(p, "real_pid", 0),
            .vpid = (uint32_t)ck_jnum(p, "pid", 0),
            .start = (uint64_t)ck_jnum(p, "start", 0),
            .node = (char *)ck_jstr(p, "node", ""),
            .tree = (char *)ck_jstr(p, "tree", ""),
            .command = (char *)ck_jstr(p, "command", ""),
        };

        ck_lost_add(c, &was, "its coordinator was killed");
        n++;
    }
    return n;
}

static void warn_again(struct ck_coord *c, const struct ck_jval *doc)
{
    const struct ck_jval *list = ck_jget(doc, "warnings"), *w;

    for (w = list ? list->child : NULL; w; w = w->next)
        if (w->kind == CK_JSTR && c->noutside < CK_OUTSIDE_MAX)
            snprintf(c->outside[c->noutside++].text,
                     sizeof c->outside[0].text, "%s", w->str);
}

/* The clock goes on from where it was. */
static void set_clock(struct ck_coord *c, const struct ck_jval *doc)
{
    double next = ck_jnum(doc, "next_checkpoint", 0);
    double left = next > 0 ? next - (double)time(NULL) : 0;

    c->opt.interval = (uint32_t)ck_jnum(doc, "interval", c->opt.interval);
    c->policy.interval = (int64_t)c->opt.interval * 1000;
    if (next > 0 && left <= c->opt.interval)
        ck_policy_started(&c->policy, ck_now() + (int64_t)(left * 1000) -
                                          c->policy.interval);
}

int ck_takeover(struct ck_coord *c, struct ck_err *e)
{
    char path[CK_PATH], *text = NULL;
    struct ck_jval *doc = NULL;
    unsigned n = 0;
    size_t len;

    if (c->history.ended)
        return ck_err(e, -ECANCELED, "the one before had ended already");
    if (c->history.absent)
        return ck_err(e, -ECANCELED, "the one before was killed in the middle "
                      "of a restart, which has failed: `ckpt restart` begins "
                      "another one");
    if (ck_jobdir_path(path, sizeof path, c->opt.dir, "status.json") == 0)
        text = ck_proc_slurp(path, &len);
    if (text && (doc = ck_jparse(text, len))) {
        n = expect(c, doc);
        warn_again(c, doc);
        set_clock(c, doc);
        snprintf(c->last_error, sizeof c->last_error, "%s",
                 ck_jstr(doc, "last_error", ""));
        c->notice.since = (uint64_t)ck_jnum(doc, "failing_since", 0);
    } else {
        ck_log("%s can't be read: only who comes back is known of", path);
    }
    c->had_process = n > 0;
    c->lost.expected_until = ck_now() + c->opt.limit.stop;
    ck_jfree(doc);
    free(text);
    ck_journal_add(&c->journal, 1, "takeover pid=%d node=%s processes=%u",
                   (int)getpid(), c->node, n);
    ck_log("takes the place of one that was killed; there were %u processes",
           n);
    return 0;
}

void ck_takeover_done(struct ck_coord *c)
{
    if (c->history.quit) {
        c->quit_signal = c->history.quit;
        c->leave = 1;
        ck_coord_fire(c, CK_EV_QUIT, "asked for before");
    } else if (c->had_process) {
        ck_coord_consider_end(c);
    }
}
