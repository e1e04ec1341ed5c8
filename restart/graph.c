/*
 * graph.c - see graph.h: the nodes, their order, groups and phases. Who makes
 * whom is found in makers.c.
 *
 * A group whose leader is dead gets a helper for one, made by its first
 * member; it stays until all have joined. The number stays taken as long
 * as the group or session has a member.
 */
#include "restart/graph.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/proto/messages.h"
#include "lib/res/res.h"

int ck_graph_find(const struct ck_graph *g, uint32_t vpid)
{
    for (size_t i = 0; vpid && i < g->n; i++) {
        if (g->node[i].vpid == vpid)
            return (int)i;
    }
    return -1;
}

int ck_graph_is_outside(const struct ck_graph *g, uint32_t group)
{
    return !group || group == g->out_pgid || group == g->out_sid;
}

static int add_node(struct ck_graph *g, const struct ck_node *node)
{
    if (g->n == g->cap) {
        size_t cap = g->cap * 2 + 16;
        struct ck_node *more = realloc(g->node, cap * sizeof(*more));

        if (!more)
            return -ENOMEM;
        g->node = more;
        g->cap = cap;
    }
    g->node[g->n] = *node;
    return (int)g->n++;
}

/* Nobody that is dead can have children; theirs were adopted. */
static int is_dead(const struct ck_proc *p)
{
    return p->kind == CK_KIND_ZOMBIE || p->kind == CK_KIND_STANDIN;
}

struct by_vpid {
    uint32_t vpid;
    int node;
};

static int order_by_vpid(const void *a, const void *b)
{
    const struct by_vpid *x = a, *y = b;

    return (x->vpid > y->vpid) - (x->vpid < y->vpid);
}

static int load_nodes(struct ck_graph *g, const struct ck_tree_image *img,
                      char *why, size_t cap)
{
    struct by_vpid *index = calloc(img->nproc + 1, sizeof(*index));

    if (!index)
        return -ENOMEM;
    for (size_t i = 0; i < img->nproc; i++) {
        const struct ck_proc *p = &img->proc[i];
        struct ck_node n = {
            .proc = (int)i,
            .parent = -1,
            .maker = -1,
            .when = CK_LATE,
            .vpid = p->vpid,
            .session = p->vsid,
            .group = p->vpgid,
            .leads_session = p->vsid == p->vpid,
            .anchor = -1,
            .heir = -1,
            .adopts = -1,
            .leaves = -1,
            .word = -1,
            .joins = -1,
        };

        index[i] = (struct by_vpid){p->vpid, (int)i};
        if (add_node(g, &n) < 0) {
            free(index);
            return -ENOMEM;
        }
    }
    g->nproc = img->nproc;
    qsort(index, img->nproc, sizeof(*index), order_by_vpid);
    g->root = -1;
    for (size_t i = 0; i < img->nproc; i++) {
        struct by_vpid key = {.vpid = img->proc[i].vppid}, *hit;

        hit = bsearch(&key, index, img->nproc, sizeof(key), order_by_vpid);
        if (key.vpid && hit && !is_dead(&img->proc[hit->node]))
            g->node[i].parent = hit->node;
        if (i && index[i].vpid == index[i - 1].vpid)
            g->root = -2;
        if (img->proc[i].vpid == img->tree.root_vpid && g->root == -1)
            g->root = (int)i;
    }
    free(index);
    if (g->root < 0 || is_dead(&img->proc[g->root]))
        return ck_res_why(why, cap, -EBADMSG,
                          "damaged tree image: its processes do not fit "
                          "together");
    g->node[g->root].parent = -1;
    return 0;
}

/* Fills g->order by `link` (offset of parent or maker in the node): those
 * first that all others hang from. -ELOOP when some hang from themselves. */
static int sort_nodes(struct ck_graph *g, int by_maker)
{
    int *depth = calloc(g->n, sizeof(int)), *count, *order, rc = 0;
    size_t i;

    count = calloc(g->n + 2, sizeof(int));
    order = calloc(g->n, sizeof(int));
    if (!depth || !count || !order)
        rc = -ENOMEM;
    for (i = 0; !rc && i < g->n; i++) {
        int up = (int)i, steps = 0;

        while (up >= 0 && !depth[up] && steps <= (int)g->n) {
            up = by_maker ? g->node[up].maker : g->node[up].parent;
            steps++;
        }
        if (steps > (int)g->n)
            rc = -ELOOP;
        steps += up >= 0 ? depth[up] : 0;
        for (up = (int)i; !rc && up >= 0 && !depth[up]; steps--) {
            depth[up] = steps;
            up = by_maker ? g->node[up].maker : g->node[up].parent;
        }
    }
    for (i = 0; !rc && i < g->n; i++) {
        g->node[i].depth = depth[i];
        count[depth[i] + 1]++;
    }
    for (i = 1; !rc && i < g->n + 2; i++)
        count[i] += count[i - 1];
    for (i = 0; !rc && i < g->n; i++)
        order[count[depth[i]]++] = (int)i;
    free(depth);
    free(count);
    free(g->order);
    g->order = order;
    return rc;
}

int ck_graph_helper(struct ck_graph *g, int maker, enum ck_when when,
                    uint32_t vpid, uint32_t session)
{
    struct ck_node n = {
        .proc = -1,
        .parent = maker,
        .maker = maker,
        .when = when,
        .vpid = vpid,
        .session = session,
        .group = vpid,
        .anchor = -1,
        .heir = -1,
        .adopts = -1,
        .leaves = -1,
        .word = -1,
        .joins = -1,
    };

    return add_node(g, &n);
}

/* The leader of a group, or a helper in its place, made by member i. */
static int leader_of(struct ck_graph *g, int i)
{
    uint32_t group = g->node[i].group;
    int leader = ck_graph_find(g, group);

    if (leader < 0) {
        leader = ck_graph_helper(g, i, CK_LATE, group, g->node[i].session);
        if (leader < 0)
            return leader;
    }
    if (!g->node[leader].leads_session)
        g->node[leader].leads_group = 1;
    if (g->node[leader].word < 0)
        g->node[leader].word = (int)g->words++;
    return leader;
}

/* In a group of somebody else's number, and not in the surroundings'. */
static int is_member(const struct ck_graph *g, const struct ck_node *n)
{
    return n->proc >= 0 && !n->leads_session && n->group != n->vpid &&
           !ck_graph_is_outside(g, n->group);
}

/* A leader that is in another group now leaves a helper in its own, so that
 * nobody waits for it, nor it for anybody: two could for each other. */
static int keep_group(struct ck_graph *g, int leader)
{
    struct ck_node *l = &g->node[leader], *h;
    int i;

    if (l->word < 0 || l->leads_session || l->group == l->vpid)
        return 0;
    i = ck_graph_helper(g, leader, CK_LATE, 0, l->session);
    if (i < 0)
        return i;
    l = &g->node[leader];
    h = &g->node[i];
    h->word = l->word;
    h->members = l->members;
    l->word = -1;
    return 0;
}

static int find_groups(struct ck_graph *g)
{
    size_t n = g->n;
    int rc = 0;

    for (size_t k = 0; k < n; k++) {
        struct ck_node *c = &g->node[g->order[k]];
        int l;

        if (c->proc >= 0 && !c->leads_session && c->group == c->vpid)
            c->leads_group = 1;
        if (!is_member(g, c))
            continue;
        l = leader_of(g, g->order[k]);
        if (l < 0)
            return l;
        g->node[l].members++;
        g->node[g->order[k]].joins = g->node[l].word;
    }
    for (size_t i = 0; !rc && i < n; i++)
        rc = keep_group(g, (int)i);
    return rc;
}

static struct ck_adopt *phase_of(struct ck_graph *g, int depth)
{
    for (int k = 0; k < g->nphases; k++)
        if (g->phase[k].depth == depth)
            return &g->phase[k];
    g->phase[g->nphases] = (struct ck_adopt){.depth = depth};
    return &g->phase[g->nphases++];
}

static int deepest_first(const void *a, const void *b)
{
    const struct ck_adopt *x = a, *y = b;

    return y->depth - x->depth;
}

static int heir_depth(const struct ck_graph *g, const struct ck_node *n)
{
    return n->heir < 0 ? -1 : g->node[n->heir].depth;
}

static int find_phases(struct ck_graph *g)
{
    g->phase = calloc(g->n + 1, sizeof(*g->phase));
    if (!g->phase)
        return -ENOMEM;
    for (size_t i = 0; i < g->n; i++)
        if (g->node[i].anchor >= 0)
            phase_of(g, heir_depth(g, &g->node[i]));
    qsort(g->phase, (size_t)g->nphases, sizeof(*g->phase), deepest_first);
    for (int k = 0; k < g->nphases; k++) {
        g->phase[k].ready = g->words++;
        g->phase[k].gone = g->words++;
        g->phase[k].over = g->words++;
    }
    for (size_t i = 0; i < g->n; i++) {
        struct ck_node *h = &g->node[i], *heir;
        struct ck_adopt *ph;

        if (h->anchor < 0)
            continue;
        ph = phase_of(g, heir_depth(g, h));
        h->leaves = (int)(ph - g->phase);
        ph->helpers++;
        heir = h->heir < 0 ? NULL : &g->node[h->heir];
        if (heir && heir->adopts < 0) {
            heir->adopts = h->leaves;
            ph->heirs++;
        }
    }
    return 0;
}

int ck_graph_make(struct ck_graph *g, const struct ck_tree_image *img,
                  char *why, size_t cap)
{
    int rc;

    memset(g, 0, sizeof(*g));
    g->out_pgid = img->tree.out_pgid;
    g->out_sid = img->tree.out_sid;
    g->outside_known = g->out_sid != 0;
    rc = load_nodes(g, img, why, cap);
    if (!rc)
        rc = sort_nodes(g, 0);
    if (rc == -ELOOP)
        return ck_graph_free(g),
               ck_res_why(why, cap, rc, "damaged tree image: a process "
                                        "descends from itself");
    if (!rc)
        rc = ck_graph_makers(g, why, cap);
    if (!rc)
        rc = sort_nodes(g, 1);
    if (!rc)
        rc = find_groups(g);
    if (!rc)
        rc = sort_nodes(g, 1);
    if (rc == -ELOOP)
        rc = ck_res_why(why, cap, -ENOTSUP, "the processes of tree %s can't "
                        "be made again: they would have to make each other",
                        img->tree.tree);
    if (!rc)
        rc = find_phases(g);
    if (rc)
        ck_graph_free(g);
    return rc;
}

void ck_graph_free(struct ck_graph *g)
{
    free(g->node);
    free(g->order);
    free(g->phase);
    memset(g, 0, sizeof(*g));
}
