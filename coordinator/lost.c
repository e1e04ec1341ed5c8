/* lost.c - see lost.h. */
#include "coordinator/lost.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "coordinator/coord.h"
#include "lib/base/jobdir.h"
#include "lib/base/json.h"
#include "lib/base/log.h"
#include "lib/sys/process.h"

#define FIRST_MS 5    /* to the first look; then twice as long each time */
#define LAST_MS 1000

static void drop(struct ck_coord *c, struct ck_lost *x)
{
    TAILQ_REMOVE(&c->lost.list, x, entry);
    if (x->node)
        ck_index_remove(&c->lost.places, ck_index_key(x->node, x->pid), x);
    free(x->node);
    free(x->tree);
    free(x->command);
    free(x);
    ck_status_changed(c);
}

static int is_here(const struct ck_coord *c, const struct ck_lost *x)
{
    return strcmp(x->node, c->node) == 0;
}

static void describe(const struct ck_coord *c, const struct ck_lost *x,
                     char *buf, size_t cap)
{
    const struct ck_peer as = {.pid = x->pid, .vpid = x->vpid,
                               .node = x->node, .command = x->command};
    char who[200];

    ck_peer_text(&as, who, sizeof who);
    snprintf(buf, cap, "%s of tree %.60s is missing: its connection was lost "
             "%lld s ago (%s), and %s", who, x->tree,
             (long long)(ck_now() - x->since) / 1000, x->why,
             is_here(c, x) ? "it has not ended; does it execute a program "
                             "without the runtime?"
                           : "nobody has seen it end");
}

/* Has the launcher that its tree is named after ended? What it was to Slurm
 * is over then, with all of its tasks. */
static int launcher_is_over(struct ck_coord *c, const struct ck_lost *x)
{
    const struct ck_peer *y;
    const struct ck_lost *l;
    uint32_t vpid;

    if (!CK_TREE_IS_TASK(x->tree) ||
        !(vpid = (uint32_t)strtoul(x->tree + strlen("srun-"), NULL, 10)))
        return 0;
    TAILQ_FOREACH(y, &c->peers.processes, entry)
        if (y->vpid == vpid && y->kind == CK_KIND_REEXEC)
            return 0;
    TAILQ_FOREACH(l, &c->lost.list, entry)
        if (l->vpid == vpid && !CK_TREE_IS_TASK(l->tree))
            return 0;
    return 1;
}

static int is_over(struct ck_coord *c, const struct ck_lost *x)
{
    int status;

    if (is_here(c, x))
        return ck_process_over((int32_t)x->pid, x->start);
    return ck_jobdir_exit_read(c->opt.dir, x->tree, &status) == 0 ||
           launcher_is_over(c, x);
}

/* One of its node's; another one each time, since one that a signal has
 * stopped does not answer. */
static void ask(struct ck_coord *c, const struct ck_lost *x)
{
    struct ck_msg_inquire m = {.pid = x->pid, .start = x->start};
    struct ck_peer *y, *last = NULL;
    unsigned n = 0, turn;

    TAILQ_FOREACH(y, &c->peers.processes, entry)
        n += strcmp(y->node, x->node) == 0;
    turn = n ? c->lost.turn % n : 0;
    TAILQ_FOREACH(y, &c->peers.processes, entry) {
        if (strcmp(y->node, x->node) != 0)
            continue;
        last = y;
        if (turn-- == 0)
            break;
    }
    if (last)
        CK_LINK_SEND(last->link, inquire, INQUIRE, &m);
}

/* A program that is executed is back by then, as any that is to be stopped. */
static int is_overdue(const struct ck_coord *c, const struct ck_lost *x)
{
    return ck_now() >= x->since + c->opt.limit.stop;
}

static void tell(const struct ck_coord *c, struct ck_lost *x)
{
    char text[600];

    if (x->told || !is_overdue(c, x))
        return;
    x->told = 1;
    describe(c, x, text, sizeof text);
    ck_log("%s; until then there are no checkpoints", text);
}

static void news(struct ck_coord *c)
{
    if (c->session.state == CK_ST_STOPPING ||
        c->session.state == CK_ST_STOPPING_LAUNCHERS)
        ck_stop_check(c);
}

static void look(void *arg)
{
    struct ck_coord *c = arg;
    struct ck_losses *l = &c->lost;
    struct ck_lost *x, *next;
    int changed = 0;

    for (x = TAILQ_FIRST(&l->list); x; x = next) {
        next = TAILQ_NEXT(x, entry);
        if (is_over(c, x)) {
            drop(c, x);
            changed = 1;
            continue;
        }
        tell(c, x);
        if (!is_here(c, x))
            ask(c, x);
    }
    l->turn++;
    l->pause = 2 * l->pause < LAST_MS ? 2 * l->pause : LAST_MS;
    if (!TAILQ_EMPTY(&l->list))
        ck_loop_arm(&c->loop, &l->look, ck_now() + l->pause);
    if (changed)
        news(c);
}

void ck_lost_init(struct ck_coord *c)
{
    TAILQ_INIT(&c->lost.list);
    c->lost.look = (struct ck_timer){.fn = look, .arg = c};
}

void ck_lost_fini(struct ck_coord *c)
{
    while (!TAILQ_EMPTY(&c->lost.list))
        drop(c, TAILQ_FIRST(&c->lost.list));
    ck_index_free(&c->lost.places);
}

/* Only who knows when it was made can be told from another of its number. */
void ck_lost_add(struct ck_coord *c, const struct ck_peer *x, const char *why)
{
    enum ck_state s = c->session.state;
    const struct ck_peer *y;
    struct ck_lost *l;
    size_t at = 0;

    if (!x->start || x->departed || s == CK_ST_RESTORING ||
        s == CK_ST_ENDING || s == CK_ST_ENDED)
        return;
    while ((y = ck_peer_at(&c->peers, x->node, x->pid, &at)))
        if (y != x && y->start == x->start)
            return; /* it executes another program, and is back */
    if (!(l = calloc(1, sizeof *l)))
        return;
    l->pid = x->pid;
    l->vpid = x->vpid;
    l->start = x->start;
    l->node = strdup(x->node);
    l->tree = strdup(x->tree);
    l->command = strdup(x->command);
    l->since = ck_now();
    snprintf(l->why, sizeof l->why, "%s", why);
    TAILQ_INSERT_TAIL(&c->lost.list, l, entry);
    if (!l->node || !l->tree || !l->command || is_over(c, l) ||
        ck_index_add(&c->lost.places, ck_index_key(l->node, l->pid), l) < 0) {
        drop(c, l);
        return;
    }
    c->lost.pause = FIRST_MS;
    ck_loop_arm(&c->loop, &c->lost.look, ck_now() + FIRST_MS);
}

int ck_lost_expects(const struct ck_coord *c)
{
    return !TAILQ_EMPTY(&c->lost.list) && ck_now() < c->lost.expected_until;
}

static struct ck_lost *find(struct ck_coord *c, const char *node,
                            uint32_t pid, uint64_t start)
{
    struct ck_lost *x;
    size_t at = 0;

    while ((x = ck_index_next(&c->lost.places, ck_index_key(node, pid), &at)))
        if (x->pid == pid && x->start == start && strcmp(x->node, node) == 0)
            return x;
    return NULL;
}

void ck_lost_found(struct ck_coord *c, const struct ck_peer *x)
{
    struct ck_lost *l = find(c, x->node, x->pid, x->start);

    if (!l)
        return;
    if (l->told)
        ck_log("%s[%u] on %s is back", x->command, x->pid, x->node);
    drop(c, l);
    news(c);
}

void ck_lost_answer(struct ck_coord *c, const struct ck_peer *from,
                    const struct ck_msg_answer *m)
{
    struct ck_lost *l = find(c, from->node, m->pid, m->start);

    if (!l || !m->over)
        return;
    drop(c, l);
    news(c);
}

int ck_lost_in_the_way(struct ck_coord *c)
{
    struct ck_lost *x = TAILQ_FIRST(&c->lost.list);
    char text[600];

    if (!x)
        return 0;
    if (!is_overdue(c, x))
        return 1;
    describe(c, x, text, sizeof text);
    ck_checkpoint_fail(c, CK_AGAIN_LATER, "%s", text);
    return 1;
}

void ck_lost_status(struct ck_coord *c, struct ck_json *j)
{
    const struct ck_lost *x;

    TAILQ_FOREACH(x, &c->lost.list, entry) {
        ck_json_object(j, NULL);
        ck_json_u64(j, "pid", x->vpid);
        ck_json_u64(j, "real_pid", x->pid);
        ck_json_str(j, "node", x->node);
        ck_json_str(j, "command", x->command);
        ck_json_str(j, "state", "missing");
        ck_json_str(j, "tree", x->tree);
        ck_json_u64(j, "start", x->start);
        ck_json_end_object(j);
    }
}
