/*
 * graph.c - see graph.h.
 *
 * 1. Bottom up: in which session must each process be born? One that leads
 *    its session may be born in any, unless a child has an older one.
 * 2. Top down: the parent makes a child before or after its own setsid,
 *    whichever gives the right session. Where neither does, the child was
 *    adopted; it is made by a helper in the right session, which then ends.
 *    A session whose leader is dead gets a helper for a leader.
 * 3. A group whose leader is dead gets a helper too, made by its first
 *    member; it stays until all have joined. The number stays taken as long
 *    as the group or session has a member.
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
    return group && (group == g->out_pgid || group == g->out_sid);
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
    for (i = 0; !rc && i < g->n; i++)
        count[depth[i] + 1]++;
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

/* Step 1. */
static void find_needs(struct ck_graph *g)
{
    for (size_t k = g->n; k-- > 0;) {
        struct ck_node *n = &g->node[g->order[k]], *p;

        if (!n->leads_session)
            n->need = n->session;
        p = n->parent >= 0 ? &g->node[n->parent] : NULL;
        if (p && p->leads_session && n->need && n->need != p->session &&
            !p->need)
            p->need = n->need;
    }
}

static int is_below(const struct ck_graph *g, int n, int above)
{
    while (n >= 0 && n != above)
        n = g->node[n].parent;
    return n == above;
}

/* A helper that is gone before the programs run. */
static int add_helper(struct ck_graph *g, int maker, enum ck_when when,
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
        .word = -1,
        .joins = -1,
    };

    return add_node(g, &n);
}

/* Who makes a process that its parent cannot make, or that has none. It has
 * to end, so that its child is adopted: by the tree's surroundings, or by
 * `p`, a process that adopts what is below it. */
static int make_adopted(struct ck_graph *g, int i, char *why, size_t cap)
{
    uint32_t need = g->node[i].need;
    int p = g->node[i].parent, from = p >= 0 ? p : g->root, leader, maker;

    leader = ck_graph_find(g, need);
    if (leader >= 0 && g->node[leader].session != need)
        leader = -1;
    if (p >= 0 && leader >= 0 && !is_below(g, leader, p))
        return ck_res_why(why, cap, -ENOTSUP,
                          "process %u: its parent %u adopted it in a way that "
                          "can't be repeated", g->node[i].vpid,
                          g->node[p].vpid);
    if (leader >= 0 && g->node[leader].proc < 0) {
        maker = leader; /* a helper already: it ends by itself */
        if (p >= 0 && g->node[leader].maker != p)
            return ck_res_why(why, cap, -ENOTSUP,
                              "session %u was spread over several adopted "
                              "processes in a way that can't be repeated",
                              need);
    } else if (leader >= 0) {
        maker = add_helper(g, leader, CK_LATE, 0, 0);
    } else if (!need || need == g->out_sid || need == g->node[from].birth) {
        maker = add_helper(g, from, CK_EARLY, 0, 0);
    } else {
        maker = add_helper(g, from, CK_EARLY, need, need);
        if (maker >= 0)
            g->node[maker].leads_session = 1;
    }
    if (maker < 0)
        return maker;
    if (p >= 0)
        g->node[p].subreaper = 1;
    g->node[i].maker = maker;
    g->node[i].when = CK_LATE;
    g->node[i].birth = need;
    return 0;
}

/* Step 2. New nodes are helpers only and need no turn of their own. */
static int find_makers(struct ck_graph *g, char *why, size_t cap)
{
    size_t n = g->n;
    int rc = 0;

    for (size_t k = 0; !rc && k < n; k++) {
        int i = g->order[k];
        struct ck_node *c = &g->node[i], *p;

        if (i == g->root) {
            /* A session older than the root's own is the surroundings'. */
            if (c->leads_session && c->need)
                g->out_sid = c->need;
            c->birth = c->need ? c->need : g->out_sid;
            continue;
        }
        p = c->parent >= 0 ? &g->node[c->parent] : NULL;
        if (p && (!c->need || c->need == p->session)) {
            c->maker = c->parent;
            c->when = CK_LATE;
            c->birth = p->session;
        } else if (p && c->need == p->birth) {
            c->maker = c->parent;
            c->when = CK_EARLY;
            c->birth = p->birth;
        } else {
            rc = make_adopted(g, i, why, cap);
        }
    }
    return rc;
}

/* The leader of a group, or a helper in its place, made by member i. */
static int leader_of(struct ck_graph *g, int i)
{
    uint32_t group = g->node[i].group;
    int leader = ck_graph_find(g, group);

    if (leader < 0) {
        leader = add_helper(g, i, CK_LATE, group, g->node[i].session);
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

/* Step 3. A leader may leave when one is there that stays; so those that
 * still have a group of their own to leave are not waited for, unless there
 * is nobody else. Two leaders could wait for each other otherwise. */
static int find_groups(struct ck_graph *g)
{
    size_t n = g->n;

    for (size_t k = 0; k < n; k++) {
        struct ck_node *c = &g->node[g->order[k]];

        if (c->proc >= 0 && !c->leads_session && c->group == c->vpid)
            c->leads_group = 1;
        else if (is_member(g, c) && leader_of(g, g->order[k]) < 0)
            return -ENOMEM;
    }
    for (int leaving = 0; leaving < 2; leaving++) {
        for (size_t i = 0; i < n; i++) {
            struct ck_node *c = &g->node[i], *l;

            if (!is_member(g, c) || c->leads_group != leaving)
                continue;
            l = &g->node[ck_graph_find(g, c->group)];
            if (leaving && l->members && !l->only_leaving)
                continue;
            l->only_leaving = leaving;
            l->members++;
            c->joins = l->word;
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
    rc = load_nodes(g, img, why, cap);
    if (!rc)
        rc = sort_nodes(g, 0);
    if (!rc) {
        find_needs(g);
        rc = find_makers(g, why, cap);
    }
    if (!rc)
        rc = sort_nodes(g, 1);
    if (!rc)
        rc = find_groups(g);
    if (!rc)
        rc = sort_nodes(g, 1);
    if (rc == -ELOOP)
        ck_res_why(why, cap, rc, "damaged tree image: a process descends "
                                 "from itself");
    if (rc)
        ck_graph_free(g);
    return rc;
}

void ck_graph_free(struct ck_graph *g)
{
    free(g->node);
    free(g->order);
    memset(g, 0, sizeof(*g));
}
