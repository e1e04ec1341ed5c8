/*
 * sysv.c - attaches a System V segment where an area of the program had it.
 *
 * An area may be a part of a segment: the rest was unmapped, or has other
 * rights. The kernel attaches whole segments, so that is done somewhere
 * else, and the part is moved; it keeps its place in the segment, by which
 * shmdt() knows it.
 */
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/shm.h>

#include "lib/sys/syscall.h"
#include "restart/blob/region.h"

#define PAGE 4096ul
#define TRIES 8

static int apart(uint64_t at, uint64_t len, const struct ck_area *a)
{
    return at + len <= a->start || a->end <= at;
}

/* Attached where it is not in the area's way: while it is held, the next
 * attachment comes to lie elsewhere. */
static long attach(int id, int flags, uint64_t len, const struct ck_area *a)
{
    long held[TRIES], at = -1;
    unsigned n = 0;

    while (n < TRIES) {
        at = sys3(SYS_shmat, id, NULL, flags);
        if (sys_failed(at) || apart((uint64_t)at, len, a))
            break;
        held[n++] = at;
    }
    for (unsigned i = 0; i < n; i++)
        sys1(SYS_shmdt, held[i]);
    return n < TRIES ? at : -12; /* ENOMEM */
}

long ck_blob_attach(const struct ck_region *g, const struct ck_area *a)
{
    int flags = a->flags & CK_AF_MAYWRITE ? 0 : SHM_RDONLY, id = -1;
    uint64_t len, part = a->end - a->start, behind;
    struct shmid_ds ds;
    long at, r;

    flags |= a->prot & PROT_EXEC ? SHM_EXEC : 0;
    for (uint32_t i = 0; i < g->nshm; i++)
        if (g->shm[i].dev == CK_BLOB_SYSV && g->shm[i].ino == a->ino)
            id = g->shm[i].fd;
    r = id < 0 ? -22 : sys3(SYS_shmctl, id, IPC_STAT, &ds); /* EINVAL */
    if (sys_failed(r))
        return r;
    len = (ds.shm_segsz + PAGE - 1) & ~(PAGE - 1);
    if (a->pgoff > len || part > len - a->pgoff)
        return -22;
    at = attach(id, flags, len, a);
    if (sys_failed(at))
        return at;
    behind = a->pgoff + part;
    r = sys5(SYS_mremap, at + (long)a->pgoff, part, part,
             MREMAP_MAYMOVE | MREMAP_FIXED, a->start);
    if (a->pgoff)
        sys2(SYS_munmap, at, a->pgoff);
    if (behind < len)
        sys2(SYS_munmap, at + (long)behind, len - behind);
    if (!sys_failed(r))
        sys3(SYS_mprotect, a->start, part, a->prot);
    return r;
}
