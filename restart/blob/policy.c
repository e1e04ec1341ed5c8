/*
 * policy.c - gives areas their memory policies again (mbind), before their
 * pages are read, so that these come to lie where they belong. What is not
 * allowed here is left out: it is slower, and nothing else.
 */
#include "restart/blob/region.h"

#include <string.h>

#include "lib/image/places.h"
#include "lib/sys/syscall.h"

#define MOVE 2 /* MPOL_MF_MOVE */

static void bind(const struct ck_area *a, const struct ck_place_pair *pair,
                 size_t n)
{
    uint64_t was[CK_NODES / 64], nodes[CK_NODES / 64];
    struct ck_rd r;
    unsigned mode;

    memset(was, 0, sizeof was);
    ck_rd_init(&r, a->policy.p, a->policy.n);
    mode = (unsigned)ck_get_uint(&r, 2);
    for (uint32_t i = 1; i < a->policy.n / 2; i++) {
        unsigned node = (unsigned)ck_get_uint(&r, 2) % CK_NODES;

        was[node / 64] |= 1ull << (node % 64);
    }
    memcpy(nodes, was, sizeof nodes);
    if (n)
        ck_places_move(pair, n, CK_PLACE_NODE, was, nodes);
    sys6(SYS_mbind, a->start, a->end - a->start, mode, nodes, CK_NODES,
         a->kind == CK_AREA_SHM || a->kind == CK_AREA_SYSV ? MOVE : 0);
}

void ck_blob_policies(const struct ck_region *g)
{
    const struct ck_place_pair *pair = NULL;
    int looked = 0;
    size_t n = 0;

    for (uint32_t i = 0; i < g->nareas; i++) {
        if (g->area[i].policy.n < 2)
            continue;
        if (!looked)
            pair = ck_places_map(g->handoff.job_dir, g->handoff.tree, &n);
        looked = 1;
        bind(&g->area[i], pair, n);
    }
    ck_places_unmap(pair, n);
}
