/*
 * pages.c - the pages of an image, straight to where they belong.
 *
 * Threads take blocks in turn. Shared memory, which is there already, is
 * looked through afterwards for mutexes whose word the kernel will compare
 * with the number of their owner (runtime/mend.c has the others): each process
 * looks for its own threads in what it has mapped.
 */
#include <errno.h>
#include <sched.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/arch/x86_64/clone.h"
#include "lib/sys/swap.h"
#include "lib/sys/syscall.h"
#include "restart/blob/region.h"

#define PAGE 4096ul

static int is_tid(const struct ck_region *g, uint32_t v)
{
    if (v < g->tid_min || v > g->tid_max)
        return 0;
    for (uint32_t i = 0; i < g->ntids; i++)
        if (g->tid[i] == v)
            return 1;
    return 0;
}

/*
 * struct __pthread_mutex_s of glibc: u32 lock, u32 count, u32 owner,
 * u32 nusers, u32 kind (1 recursive, 2 error checking, 16 robust, 32 priority
 * inheritance, 64 priority protection, 128 shared, 256 and 512 elision). A
 * shared inheriting one that a saved thread holds has its number twice.
 */
static int held_mutex(const struct ck_region *g, const uint32_t *m)
{
    return is_tid(g, m[2]) && (m[0] & 0x3fffffffu) == m[2] &&
           (m[4] & ~0x313u) == 128 + 32 && m[1] <= 100000 &&
           m[3] - 1 <= 100000;
}

static void scan(struct ck_region *g, uint64_t start, uint64_t len)
{
    for (uint64_t at = start; at + 20 <= start + len; at += 8) {
        if (!held_mutex(g, (const uint32_t *)at))
            continue;
        if (g->nmutex < CK_HANDOFF_MUTEXES)
            g->handoff.mutex[g->nmutex] = at;
        g->nmutex++;
    }
}

static int reader_main(void *arg)
{
    struct ck_region *g = arg;
    uint64_t here = (uint64_t)__builtin_frame_address(0);
    /* Which scratch is ours follows from our stack. */
    uint8_t *scratch = g->scratch + (here - (uint64_t)g->stack) / CK_READER_STACK *
                                        CK_IMGR_SCRATCH_SIZE;
    for (;;) {
        uint32_t i = __atomic_fetch_add(&g->next_block, 1, __ATOMIC_RELAXED);
        struct ck_imgr_block b;
        long n;

        if (i >= g->pages.count || __atomic_load_n(&g->err, __ATOMIC_RELAXED))
            return 0;
        n = ck_imgr_block_to_memory(&g->r, &g->pages, i, scratch, g->range,
                                    g->nranges, &b);
        if (n < 0) {
            __atomic_store_n(&g->err, (int)n, __ATOMIC_RELAXED);
            return 0;
        }
        __atomic_add_fetch(&g->raw_bytes, (uint64_t)n, __ATOMIC_RELAXED);
    }
}

/* Only where the object has data: to look at a hole would fill it. */
static void scan_object(struct ck_region *g, const struct ck_area *a, int fd)
{
    uint64_t pos = a->pgoff, end = a->pgoff + (a->end - a->start);

    while (pos < end) {
        long data = sys3(SYS_lseek, fd, pos, SEEK_DATA), hole;

        if (data < 0 || (uint64_t)data >= end)
            return;
        hole = sys3(SYS_lseek, fd, data, SEEK_HOLE);
        if (hole <= data)
            return;
        pos = (uint64_t)hole < end ? (uint64_t)hole : end;
        data &= ~63l;
        scan(g, a->start + ((uint64_t)data - a->pgoff), pos - (uint64_t)data);
    }
}

/* The same of a System V segment: pages that are there. */
static void scan_segment(struct ck_region *g, const struct ck_area *a)
{
    uint64_t from = a->start, at = a->start;
    uint8_t there[256];

    for (; at < a->end; at += sizeof there * PAGE) {
        uint64_t n = (a->end - at) / PAGE;

        n = n < sizeof there ? n : sizeof there;
        if (sys_failed(sys3(SYS_mincore, at, n * PAGE, there)) ||
            ck_swap_used())
            continue; /* of all of it: from stays behind */
        for (uint64_t i = 0; i < n; i++) {
            if (there[i] & 1)
                continue;
            scan(g, from, at + i * PAGE - from);
            from = at + (i + 1) * PAGE;
        }
    }
    scan(g, from, a->end - from);
}

static void scan_shared(struct ck_region *g)
{
    for (uint32_t i = 0; i < g->nareas; i++) {
        const struct ck_area *a = &g->area[i];

        if ((a->prot & (PROT_READ | PROT_WRITE)) != (PROT_READ | PROT_WRITE))
            continue;
        if (a->kind == CK_AREA_SYSV)
            scan_segment(g, a);
        if (a->kind != CK_AREA_SHM)
            continue;
        for (uint32_t k = 0; k < g->nshm; k++)
            if (g->shm[k].dev == a->dev && g->shm[k].ino == a->ino)
                scan_object(g, a, g->shm[k].fd);
    }
}

static void read_blocks(struct ck_region *g)
{
    char text[128];

    for (uint32_t i = 1; i < g->readers; i++) {
        g->alive[i] = 1;
        if (ck_clone(CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND |
                         CLONE_THREAD | CLONE_SYSVSEM | CLONE_CHILD_CLEARTID,
                     g->stack + (i + 1) * CK_READER_STACK, NULL, &g->alive[i],
                     reader_main, g) < 0)
            g->alive[i] = 0;
    }
    reader_main(g);
    for (uint32_t i = 1; i < g->readers; i++) {
        int32_t id;

        while ((id = __atomic_load_n(&g->alive[i], __ATOMIC_ACQUIRE)) != 0)
            sys4(SYS_futex, &g->alive[i], 0 /* FUTEX_WAIT */, id, NULL);
    }
    if (g->err)
        ck_blob_fail(g->coord_fd, "process image: %s",
                     ck_imgr_strerror(g->err, text, sizeof text));
}

void ck_pages_read(struct ck_region *g)
{
    if (g->has_pages)
        read_blocks(g);
    if (g->ntids)
        scan_shared(g);
    if (g->nmutex > CK_HANDOFF_MUTEXES)
        ck_blob_fail(g->coord_fd, "more than %d held mutexes in shared memory",
                     CK_HANDOFF_MUTEXES);
}
