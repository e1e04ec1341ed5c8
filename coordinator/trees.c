/*
 * trees.c - the trees of a checkpoint, as its manifest lists them: whose
 * processes are members, who has something to save, and whose agent runs the
 * capture helper.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "coordinator/coord.h"

void ck_round_forget(struct ck_round *r)
{
    ck_manifest_destroy(r->manifest);
    free(r->tree);
    ck_index_free(&r->trees);
    ck_index_free(&r->files);
    r->manifest = NULL;
    r->tree = NULL;
}

int ck_round_tree(const struct ck_coord *c, const char *name)
{
    const struct ck_manifest *m = c->round.manifest;
    size_t at = 0, i;

    while ((i = (uintptr_t)ck_index_next(&c->round.trees,
                                         ck_index_key(name, 0), &at)))
        if (strcmp(m->tree[i - 1].name, name) == 0)
            return (int)i - 1;
    return -1;
}

/* The tree's entry, made when it is new. */
static struct ck_manifest_tree *tree_of(struct ck_coord *c,
                                        const struct ck_peer *x)
{
    struct ck_manifest *m = c->round.manifest;
    struct ck_round_tree *more;
    struct ck_manifest_tree *t;
    int i = ck_round_tree(c, x->tree);

    if (i >= 0)
        return &m->tree[i];
    more = reallocarray(c->round.tree, m->ntrees + 1, sizeof *more);
    if (!more)
        return NULL;
    c->round.tree = more;
    t = ck_manifest_add_tree(m);
    if (!t)
        return NULL;
    more[m->ntrees - 1] = (struct ck_round_tree){0};
    t->name = strdup(x->tree);
    t->node = strdup(x->node);
    return t->name && t->node &&
                   ck_index_add(&c->round.trees, ck_index_key(t->name, 0),
                                (void *)(uintptr_t)m->ntrees) == 0
               ? t : NULL;
}

/* The tree's root is its captain, else its lowest pid. */
static void consider(struct ck_round_tree *t, struct ck_peer *x)
{
    struct ck_peer *best = t->captain;

    t->needed = 1;
    if (!best || (x->root && !best->root) ||
        (x->root == best->root && x->vpid < best->vpid))
        t->captain = x;
}

int ck_round_collect(struct ck_coord *c)
{
    struct ck_peer *x;

    c->round.manifest = ck_manifest_create();
    if (!c->round.manifest)
        return -ENOMEM;
    TAILQ_FOREACH(x, &c->peers.processes, entry) {
        struct ck_manifest_tree *t;

        if (!x->member)
            continue;
        t = tree_of(c, x);
        if (!t)
            return -ENOMEM;
        t->processes++;
        c->round.manifest->processes++;
        if (x->kind == CK_KIND_SAVED)
            consider(&c->round.tree[t - c->round.manifest->tree], x);
    }
    return 0;
}
