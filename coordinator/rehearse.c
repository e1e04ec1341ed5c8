/*
 * rehearse.c - when all images are there, and before the commit: the capture
 * helpers are asked what they think of them.
 *
 * Each looks at its own tree, and one of each node at the trees that a
 * restart has side by side. A helper that has ended since it has written its
 * image can't be asked; nothing is known to be wrong then.
 */
#include <string.h>

#include "coordinator/coord.h"

/* The names of the trees on the node of tree `of`, and of all that a restart
 * brings to one node; none where that is only itself. */
static struct ck_blob neighbours(const struct ck_coord *c, size_t of)
{
    static char names[CK_FRAME_MAX / 2];
    const struct ck_manifest *m = c->round.manifest;
    size_t n = 0, len = 0;

    for (size_t i = 0; i < m->ntrees; i++) {
        size_t k = strlen(m->tree[i].name) + 1;

        if (!c->round.tree[i].needed || len + k > sizeof names ||
            (CK_TREE_IS_TASK(m->tree[i].name) &&
             strcmp(m->tree[i].node, m->tree[of].node) != 0))
            continue;
        memcpy(names + len, m->tree[i].name, k);
        len += k;
        n++;
    }
    return (struct ck_blob){names, n > 1 ? (uint32_t)len : 0};
}

/* Notes the node: is it the first time? One without memory is asked by all. */
static int is_new(struct ck_index *nodes, const char *node)
{
    const char *x;
    size_t at = 0;

    while ((x = ck_index_next(nodes, ck_index_key(node, 0), &at)))
        if (strcmp(x, node) == 0)
            return 0;
    ck_index_add(nodes, ck_index_key(node, 0), (void *)(uintptr_t)node);
    return 1;
}

int ck_round_rehearse(struct ck_coord *c)
{
    struct ck_msg_rehearse m = {.id = c->round.id};
    struct ck_index nodes = {0};
    struct ck_helper *h;
    int asked = 0;

    if (c->round.rehearsing)
        return 0;
    c->round.rehearsing = 1;
    ck_round_barrier(c, "looking at the images", c->opt.limit.write);
    TAILQ_FOREACH(h, &c->peers.helpers, entry) {
        int i = h->written ? ck_round_tree(c, h->tree) : -1;

        if (i < 0)
            continue;
        h->written = 0; /* its end would be a failure again */
        m.trees = (struct ck_blob){"", 0};
        if (is_new(&nodes, c->round.manifest->tree[i].node))
            m.trees = neighbours(c, (size_t)i);
        ck_round_expect(c, CK_TREE_KEY(i));
        CK_LINK_SEND(h->link, rehearse, REHEARSE, &m);
        asked = 1;
    }
    ck_index_free(&nodes);
    return asked;
}
