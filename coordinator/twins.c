/*
 * twins.c - two trees that were given one name.
 *
 * Whoever starts a root says its name, and an image is found by it: of two
 * that have the same, a set could hold neither. It is told when the second one
 * registers, and as long as both are there no checkpoint begins.
 *
 * A tree lives on one node, and its root is its oldest process. So it is
 * another tree if one of its processes is elsewhere, or was there before the
 * root. (A root that executes another program is not known as one any more.)
 */
#include <errno.h>
#include <string.h>

#include "coordinator/coord.h"
#include "coordinator/obstacles.h"
#include "lib/base/log.h"

static const struct ck_peer *other(const struct ck_coord *c,
                                   const struct ck_peer *root)
{
    const struct ck_peer *x;
    size_t at = 0;

    while ((x = ck_peer_of_tree(&c->peers, root->tree, &at)))
        if (x != root && !x->departed &&
            (strcmp(x->node, root->node) != 0 ||
             (x->pid != root->pid &&
              (x->root || (x->start && x->start < root->start)))))
            return x;
    return NULL;
}

static int told(const struct ck_peer *x, const struct ck_peer *y,
                struct ck_err *e)
{
    char a[256], b[256];

    ck_peer_text(x, a, sizeof a);
    ck_peer_text(y, b, sizeof b);
    return ck_err(e, -EEXIST, "%s and %s were both started as tree %s: image "
                  "sets cannot tell them apart", a, b, x->tree);
}

void ck_twins_registered(struct ck_coord *c, struct ck_peer *x)
{
    const struct ck_peer *y = x->root ? other(c, x) : NULL;
    struct ck_err e;

    x->twin = y != NULL;
    if (y && told(y, x, &e) < 0)
        ck_log("warning: %s", e.text);
}

int ck_twins_check(const struct ck_coord *c, struct ck_err *e)
{
    const struct ck_peer *x, *y;

    TAILQ_FOREACH(x, &c->peers.processes, entry)
        if (x->twin && (y = other(c, x)))
            return told(y, x, e);
    return 0;
}
