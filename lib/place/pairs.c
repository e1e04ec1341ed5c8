/*
 * pairs.c - from the places of one machine to those of another (pure), and
 * the record in which an image has them.
 */
#include "lib/place/place.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/wire/wire.h"

struct list {
    struct ck_place_pair *p;
    size_t n;
};

/* Do two neighbours of one list have as much in common in the other? */
static int alike(const struct ck_place_cpu *a, const struct ck_place_cpu *b)
{
    return (a[0].core == a[1].core) == (b[0].core == b[1].core) &&
           (a[0].package == a[1].package) == (b[0].package == b[1].package);
}

/* All cpus are here, in the same order, and as near to each other. */
static int nothing_moves(const struct ck_place *was, const struct ck_place *is)
{
    struct ck_place_cpu last[2] = {{0}};
    size_t k = 0;

    if (was->nnode != is->nnode ||
        memcmp(was->node, is->node, was->nnode * sizeof(*was->node)) != 0)
        return 0;
    for (size_t i = 0; i < was->ncpu; i++, k++) {
        while (k < is->ncpu && is->cpu[k].id != was->cpu[i].id)
            k++;
        if (k == is->ncpu || is->cpu[k].node != was->cpu[i].node)
            return 0;
        last[0] = last[1];
        last[1] = is->cpu[k];
        if (i && !alike(&was->cpu[i - 1], last))
            return 0;
    }
    return 1;
}

static void add(struct list *l, enum ck_place_kind kind, uint16_t from,
                uint16_t to)
{
    for (size_t i = 0; i < l->n; i++) {
        const struct ck_place_pair *p = &l->p[i];

        if (p->kind == kind && p->from == from && p->to == to)
            return;
    }
    l->p[l->n++] = (struct ck_place_pair){(uint16_t)kind, from, to, 0};
}

/* Of a node without cpus that were used: the one at the same part. */
static void add_node(struct list *l, const struct ck_place *was, size_t i,
                     const struct ck_place *is)
{
    size_t before = l->n;

    for (size_t k = 0; k < was->ncpu; k++) {
        uint16_t to = is->cpu[k * is->ncpu / was->ncpu].node;

        if (was->cpu[k].node == was->node[i] && to != CK_PLACE_NONE)
            add(l, CK_PLACE_NODE, was->node[i], to);
    }
    if (l->n == before && is->nnode)
        add(l, CK_PLACE_NODE, was->node[i],
            is->node[i * is->nnode / was->nnode]);
}

int ck_place_pairs(const struct ck_place *was, const struct ck_place *is,
                   struct ck_place_pair **pairs, size_t *n)
{
    struct list l = {NULL, 0};

    *pairs = NULL;
    *n = 0;
    if (!was->ncpu || !is->ncpu || nothing_moves(was, is))
        return 0;
    l.p = calloc(2 * was->ncpu + was->nnode, sizeof(*l.p));
    if (!l.p)
        return -ENOMEM;
    for (size_t i = 0; i < was->ncpu; i++)
        add(&l, CK_PLACE_CPU, was->cpu[i].id,
            is->cpu[i * is->ncpu / was->ncpu].id);
    for (size_t i = 0; i < was->nnode; i++)
        add_node(&l, was, i, is);
    *pairs = l.p;
    *n = l.n;
    return 0;
}

void ck_place_put(const struct ck_place *p, uint8_t *mem,
                  struct ck_placement *rec)
{
    struct ck_wr w;

    ck_wr_init(&w, mem, CK_PLACE_REC_MAX);
    for (size_t i = 0; i < p->ncpu; i++) {
        ck_put_uint(&w, p->cpu[i].id, 2);
        ck_put_uint(&w, p->cpu[i].core, 2);
        ck_put_uint(&w, p->cpu[i].package, 2);
        ck_put_uint(&w, p->cpu[i].node, 2);
    }
    rec->cpus = (struct ck_blob){mem, (uint32_t)w.len};
    for (size_t i = 0; i < p->nnode; i++)
        ck_put_uint(&w, p->node[i], 2);
    rec->nodes = (struct ck_blob){mem + rec->cpus.n,
                                  (uint32_t)w.len - rec->cpus.n};
}

int ck_place_get(const struct ck_placement *rec, struct ck_place *p)
{
    struct ck_rd r;

    if (rec->cpus.n % 8 || rec->cpus.n / 8 > CK_CPUS || rec->nodes.n % 2 ||
        rec->nodes.n / 2 > CK_NODES)
        return -EBADMSG;
    p->ncpu = rec->cpus.n / 8;
    p->nnode = rec->nodes.n / 2;
    ck_rd_init(&r, rec->cpus.p, rec->cpus.n);
    for (size_t i = 0; i < p->ncpu; i++) {
        p->cpu[i].id = (uint16_t)ck_get_uint(&r, 2);
        p->cpu[i].core = (uint16_t)ck_get_uint(&r, 2);
        p->cpu[i].package = (uint16_t)ck_get_uint(&r, 2);
        p->cpu[i].node = (uint16_t)ck_get_uint(&r, 2);
    }
    ck_rd_init(&r, rec->nodes.p, rec->nodes.n);
    for (size_t i = 0; i < p->nnode; i++)
        p->node[i] = (uint16_t)ck_get_uint(&r, 2);
    return 0;
}
