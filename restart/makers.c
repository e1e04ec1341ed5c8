/*
 * makers.c - see graph.h: who makes each process, and when (pure).
 *
 * 1. Bottom up: in which session must each process be born? One that leads
 *    its session may be born in any, unless a child has one that is older
 *    and that the child can get in no other way.
 * 2. The parent makes a child before or after its own setsid, whichever gives
 *    the right session. Where neither does, the child was adopted: a helper
 *    makes it, below the leader of that session, and ends when it is the
 *    parent's turn to adopt. All makers between the helper and the parent are
 *    still there at that time (graph.h, phases), so the parent only has to be
 *    above the leader.
 * 3. A session whose leader is dead gets a helper for one, below the deepest
 *    of the processes that adopted members of it.
 */
#include "restart/graph.h"

#include <errno.h>
#include <stdlib.h>

#include "lib/res/res.h"

/* Is it `above` itself, or below it? The surroundings are above all. */
static int is_below(const struct ck_graph *g, int n, int above)
{
    while (n >= 0 && n != above)
        n = g->node[n].parent;
    return n == above;
}

/* The session that the surroundings have given; in a pid namespace one that
 * began outside has no number. */
static int is_outside(const struct ck_graph *g, uint32_t session)
{
    return !session || (g->outside_known && session == g->out_sid &&
                        ck_graph_find(g, session) < 0);
}

/* Can a child of p, as it is, be forked into the session? */
static int gives(const struct ck_graph *g, int p, uint32_t session)
{
    return p >= 0 && (session == CK_ANY_SESSION ||
                      g->node[p].session == session ||
                      g->node[p].need == session);
}

/* Those who adopt members of a session whose leader is dead have to be one
 * above the other, for its leader is to be below all of them; and no member
 * of it may be above that. The deepest of them; -1: only the surroundings.
 * `at`: a node that can't be one of them. */
#define NOWHERE (-2)
static int find_place(const struct ck_graph *g, uint32_t session, int *at)
{
    int deepest = -1;

    *at = -1;
    for (size_t i = 0; i < g->nproc; i++) {
        int p = g->node[i].parent;

        if (g->node[i].need != session || p < 0 || gives(g, p, session))
            continue;
        if (is_below(g, p, deepest)) {
            deepest = p;
        } else if (!is_below(g, deepest, p)) {
            *at = p;
            return NOWHERE;
        }
    }
    for (int m = deepest; m >= 0; m = g->node[m].parent) {
        if (g->node[m].session == session || g->node[m].need == session) {
            *at = deepest;
            return NOWHERE;
        }
    }
    return deepest;
}

/* Has p, which leads another session, to be born in this one, since a child
 * of it can't come into it otherwise? */
static int has_to_be_born_in(const struct ck_graph *g, int p,
                             uint32_t session)
{
    int leader = ck_graph_find(g, session), at;

    if (leader >= 0)
        return !is_below(g, leader, p);
    return is_outside(g, session) ||
           find_place(g, session, &at) == NOWHERE;
}

static int cant(const struct ck_graph *g, int i, char *why, size_t cap)
{
    const struct ck_node *n = &g->node[i];

    if (n->parent < 0)
        return ck_res_why(why, cap, -ENOTSUP,
                          "process %u can't be put into session %u again: "
                          "nobody is left who could make it there", n->vpid,
                          n->session);
    return ck_res_why(why, cap, -ENOTSUP,
                      "process %u can't become a child of process %u again: "
                      "it is of session %u, which is not below that, and was "
                      "adopted in a way that can't be repeated", n->vpid,
                      g->node[n->parent].vpid, n->need);
}

/* Step 1, for one process. What its leader decides comes before what can be
 * had by placing a leader elsewhere. */
static void find_need(struct ck_graph *g, int p, const int *child,
                      const int *next)
{
    struct ck_node *n = &g->node[p];

    if (!n->leads_session)
        return;
    for (int dead = 0; dead < 2; dead++) {
        for (int c = child[p]; c >= 0 && n->need == CK_ANY_SESSION;
             c = next[c]) {
            uint32_t s = g->node[c].need;
            int flexible = ck_graph_find(g, s) < 0 && !is_outside(g, s);

            if (flexible == dead && !gives(g, p, s) &&
                has_to_be_born_in(g, p, s))
                n->need = s;
        }
    }
}

static int find_needs(struct ck_graph *g)
{
    int *child = malloc(2 * g->n * sizeof(int)), *next = child + g->n;

    if (!child)
        return -ENOMEM;
    for (size_t i = 0; i < g->n; i++) {
        struct ck_node *n = &g->node[i];

        child[i] = -1;
        n->need = n->leads_session ? CK_ANY_SESSION : n->session;
    }
    for (size_t k = g->n; k-- > 0;) {
        int i = g->order[k], p = g->node[i].parent;

        find_need(g, i, child, next);
        if (p >= 0) {
            next[i] = child[p];
            child[p] = i;
        }
    }
    free(child);
    return 0;
}

/* Where a process of this session can be made for an heir; -ENOTSUP. */
static int find_anchor(struct ck_graph *g, uint32_t session, int heir,
                       enum ck_when *when)
{
    struct ck_node *root = &g->node[g->root];
    int leader, place, at;

    *when = root->leads_session ? CK_LATE : CK_EARLY;
    if (session == CK_ANY_SESSION || session == root->session)
        return heir < 0 || heir == g->root ? g->root : -ENOTSUP;
    *when = CK_LATE;
    leader = ck_graph_find(g, session);
    if (leader >= 0)
        return is_below(g, leader, heir) ? leader : -ENOTSUP;
    if (is_outside(g, session)) {
        *when = CK_EARLY;
        return heir < 0 ? g->root : -ENOTSUP;
    }
    place = find_place(g, session, &at);
    if (place == NOWHERE)
        return -ENOTSUP;
    leader = ck_graph_helper(g, place < 0 ? g->root : place, CK_EARLY,
                             session, session);
    if (leader >= 0)
        g->node[leader].leads_session = 1;
    return leader;
}

/* Steps 2 and 3 for a process that its parent can't make, or that has none.
 * All that one heir gets out of one session have one helper. */
static int make_adopted(struct ck_graph *g, int i, char *why, size_t cap)
{
    int heir = g->node[i].parent;
    enum ck_when when;
    int anchor = find_anchor(g, g->node[i].need, heir, &when), helper = -1;

    if (anchor == -ENOTSUP)
        return cant(g, i, why, cap);
    if (anchor < 0)
        return anchor;
    for (size_t k = g->nproc; k < g->n; k++) {
        const struct ck_node *h = &g->node[k];

        if (h->anchor == anchor && h->heir == heir && h->when == when)
            helper = (int)k;
    }
    if (helper < 0) {
        helper = ck_graph_helper(g, anchor, when, 0, 0);
        if (helper < 0)
            return helper;
        g->node[helper].anchor = anchor;
        g->node[helper].heir = heir;
    }
    g->node[i].maker = helper;
    g->node[i].when = CK_LATE;
    return 0;
}

int ck_graph_makers(struct ck_graph *g, char *why, size_t cap)
{
    struct ck_node *root = &g->node[g->root];
    size_t n = g->n;
    int rc;

    if (!root->leads_session) {
        g->out_sid = root->session;
        g->outside_known = 1;
    }
    rc = find_needs(g);
    if (root->leads_session && root->need != CK_ANY_SESSION) {
        g->out_sid = root->need;
        g->outside_known = 1;
    }
    for (size_t k = 0; !rc && k < n; k++) {
        int i = g->order[k];
        struct ck_node *c = &g->node[i];
        const struct ck_node *p = c->parent < 0 ? NULL : &g->node[c->parent];

        if (i == g->root)
            continue;
        if (!p || !gives(g, c->parent, c->need)) {
            rc = make_adopted(g, i, why, cap);
            continue;
        }
        /* Early wherever possible: a group that has no number (is_outside)
         * can only be inherited. */
        c->maker = c->parent;
        c->when = p->leads_session && (c->need == p->session ||
                                       c->need == CK_ANY_SESSION)
                      ? CK_LATE : CK_EARLY;
    }
    return rc;
}
