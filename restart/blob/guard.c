/*
 * guard.c - puts guard regions (MADV_GUARD_INSTALL) back. On a kernel that
 * does not have them the pages are made inaccessible instead.
 */
#include "restart/blob/region.h"

#include <sys/mman.h>

#include "lib/sys/syscall.h"

#define GUARD_INSTALL 102 /* MADV_GUARD_INSTALL */

static int inside(const struct ck_region *g, uint64_t start, uint64_t len)
{
    for (uint32_t i = 0; i < g->nranges; i++)
        if (start >= g->range[i].start && start < g->range[i].end &&
            len <= g->range[i].end - start)
            return 1;
    return 0;
}

void ck_blob_guards(const struct ck_region *g)
{
    struct ck_rd r;

    ck_rd_init(&r, g->guards.p, g->guards.n);
    for (uint32_t i = 0; i < g->guards.n / 16; i++) {
        uint64_t start = ck_get_uint(&r, 8), len = ck_get_uint(&r, 8);

        if (!inside(g, start, len))
            ck_blob_fail(g->coord_fd, "guard %lx of the image is damaged",
                         start);
        if (sys_failed(sys3(SYS_madvise, start, len, GUARD_INSTALL)))
            sys3(SYS_mprotect, start, len, PROT_NONE);
    }
}
