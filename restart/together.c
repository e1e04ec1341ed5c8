/*
 * together.c - see rehearse.h: trees that are restarted side by side.
 *
 * Each alone could be restarted. But two may have what only one can have
 * again: a port, the name of a socket, a System V key, a lock; and one name
 * for two objects, if they came from two nodes or namespaces. The trees that
 * `ckpt restart` starts all come to where it runs. Tasks are started by their
 * launcher, each in the place that this gives it, so of these is asked only
 * what was certainly one object: a System V object on one node.
 *
 * The kinds say what a description claims (claim, clash in res.h); only those
 * that claim the same are compared.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/image/sysvids.h"
#include "lib/proto/messages.h"
#include "restart/image.h"
#include "restart/rehearse.h"

/* What a tree claims: of a description (o), or a System V object. */
struct claim {
    const void *group; /* the kind, or &sysv_group */
    uint64_t key;
    const struct ck_tree_image *m;
    const struct ck_ofd *o;
    const struct ck_sysv *v;
};

struct claims {
    struct claim *at;
    size_t n, cap;
};

static const char sysv_group;
static const char *const sysv_name[] = {
    "object", "shared memory", "semaphores", "message queue"};

static int add(struct claims *all, const struct claim *c)
{
    if (all->n == all->cap) {
        size_t cap = 2 * all->cap + 64;
        struct claim *more = reallocarray(all->at, cap, sizeof(*more));

        if (!more)
            return -ENOMEM;
        all->at = more;
        all->cap = cap;
    }
    all->at[all->n++] = *c;
    return 0;
}

static int has_key(const struct ck_sysv *v)
{
    return v->key && !v->removed;
}

static int add_tree(struct claims *all, const struct ck_tree_image *m)
{
    int rc = 0;

    for (size_t i = 0; !rc && i < m->nofd; i++) {
        const struct ck_ofd *o = &m->ofd[i];
        const struct ck_res *res = ck_res_named(o->kind);
        uint64_t key = res && res->claim ? res->claim(o) : 0;

        if (key)
            rc = add(all, &(struct claim){res, key, m, o, NULL});
    }
    for (size_t i = 0; !rc && i < m->nsysv; i++) {
        const struct ck_sysv *v = &m->sysv[i];
        uint64_t key = (uint64_t)v->kind << 40 | (uint64_t)!has_key(v) << 32 |
                       (uint32_t)(has_key(v) ? v->key : v->real);

        rc = add(all, &(struct claim){&sysv_group, key, m, NULL, v});
    }
    return rc;
}

static int order(const void *a, const void *b)
{
    const struct claim *x = a, *y = b;

    if (x->group != y->group)
        return (uintptr_t)x->group < (uintptr_t)y->group ? -1 : 1;
    return (x->key > y->key) - (x->key < y->key);
}

static int is_task(const struct claim *c)
{
    return CK_TREE_IS_TASK(c->m->tree.tree);
}

static int clashes(const struct claim *a, const struct claim *b)
{
    int here = !is_task(a) && !is_task(b);

    if (a->o)
        return here && ((const struct ck_res *)a->group)->clash(a->o, b->o);
    if (here && has_key(a->v))
        return 1;
    return a->v->real == b->v->real && a->v->ctime == b->v->ctime &&
           !strcmp(a->m->tree.node, b->m->tree.node);
}

/* "process 12 (srv), descriptor 3: " of the first that has it. */
static void holder(const struct claim *c, char *buf, size_t cap)
{
    const struct ck_tree_image *m = c->m;

    buf[0] = '\0';
    for (size_t i = 0; c->o && i < m->nfd && !buf[0]; i++) {
        for (size_t k = 0; m->fd[i].ofd == c->o->id && k < m->nproc; k++) {
            if (m->proc[k].vpid == m->fd[i].vpid)
                snprintf(buf, cap, "process %u (%s), descriptor %u: ",
                         m->fd[i].vpid, m->proc[k].comm, m->fd[i].fd);
        }
    }
}

static int refuse(const struct claim *a, const struct claim *b, char *why,
                  size_t cap)
{
    char who[128], what[600];

    holder(a, who, sizeof(who));
    if (a->o)
        ((const struct ck_res *)a->group)->describe(a->o, what, sizeof(what));
    else
        snprintf(what, sizeof(what), "System V %s %d (key 0x%08x)",
                 sysv_name[a->v->kind & 3], a->v->virt, (unsigned)a->v->key);
    return ck_res_why(why, cap, -ENOTSUP,
                      "tree %s, %s%s: tree %s has that, too, and a restart "
                      "could not give it to both; start both from one "
                      "process", a->m->tree.tree, who, what, b->m->tree.tree);
}

static int compare(struct claims *all, char *why, size_t cap)
{
    if (all->n)
        qsort(all->at, all->n, sizeof(*all->at), order);
    for (size_t i = 0; i < all->n; i++) {
        const struct claim *a = &all->at[i];

        for (size_t k = i + 1; k < all->n && !order(a, &all->at[k]); k++) {
            if (all->at[k].m != a->m && clashes(a, &all->at[k]))
                return refuse(a, &all->at[k], why, cap);
        }
    }
    return 0;
}

int ck_rehearse_together(const char *set_dir, const char *const *trees,
                         size_t n, char *why, size_t cap)
{
    struct ck_tree_file *file = calloc(n + 1, sizeof(*file));
    struct claims all = {0};
    int rc = file ? 0 : -ENOMEM;

    why[0] = '\0';
    for (size_t i = 0; file && i < n; i++)
        file[i].fd = -1;
    for (size_t i = 0; !rc && i < n; i++) {
        char path[1400];

        snprintf(path, sizeof(path), "%s/tree.%s.img", set_dir, trees[i]);
        rc = ck_tree_open(&file[i], path, why, cap);
        if (!rc)
            rc = add_tree(&all, &file[i].img);
        else if (rc == -ENOENT || rc == -ESTALE)
            rc = 0; /* another node's, and not to be seen here yet */
    }
    if (!rc) {
        why[0] = '\0';
        rc = compare(&all, why, cap);
    }
    if (rc && !why[0])
        ck_res_why(why, cap, rc, "%s", strerror(-rc));
    for (size_t i = 0; file && i < n; i++)
        ck_tree_close(&file[i]);
    free(file);
    free(all.at);
    return rc;
}
