/*
 * memory.c - puts a process's memory back and jumps into it.
 *
 * We run inside a fresh exec of the saved program, whose memory is in the
 * way. So: read the image's index, find a region that neither the present
 * nor the saved program uses, copy this library there (it has no
 * relocations), go on there, and unmap everything else. The kernel's own
 * pages (vdso, vvar) are moved to where the program knows them. Then areas
 * are mapped, blocks are read by several threads straight to their places,
 * protections are set, and the runtime's resume entry takes over.
 *
 * Nothing may be called that is not in this library. Every failure goes to
 * the coordinator with its reason and ends the process (ck_blob_fail).
 */
#include <asm/prctl.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include "lib/arch/x86_64/clone.h"
#include "lib/image/handoff.h"
#include "lib/image/reader.h"
#include "lib/image/sum.h"
#include "lib/sys/fmt.h"
#include "lib/sys/syscall.h"
#include "restart/blob/blob.h"
#include "restart/blob/maps.h"

#define PAGE 4096ul
#define STACK (256 * 1024ul)
#define READERS_MAX 8
#define TIDS_MAX 16384

/* Everything that must survive the unmapping lies in the region: this
 * struct, then stacks and scratch of the readers, then the index. */
struct region {
    uint64_t start, len;
    int image_fd, coord_fd;
    uint32_t generation, nareas, nranges, ntids, nshm, readers;
    struct ck_imgr r;
    struct ck_imgr_stream pages;
    int has_pages;
    struct ck_process process;
    struct ck_area *area;
    struct ck_imgr_range *range;
    uint32_t *tid;
    uint32_t tid_min, tid_max;
    struct ck_blob_shm *shm;
    struct ck_present *present;
    uint64_t aside; /* where vdso and vvar wait */
    uint64_t vdso_from[CK_KERNEL_MAX]; /* their places aside */
    uint8_t *stack, *scratch;
    uint64_t guard[8]; /* LZ4 was built to look for a canary at %fs:0x28 */
    uint32_t next_block;
    int err;
    uint64_t raw_bytes;
    int32_t alive[READERS_MAX];
    uint32_t nmutex; /* atomic */
    uint64_t no_tls[128]; /* for %fs: archives read a stack canary there */
    struct ck_handoff handoff;
};

extern const char __ehdr_start[] __attribute__((visibility("hidden")));
extern const char _end[] __attribute__((visibility("hidden")));

static long map(uint64_t at, uint64_t len, int prot, int flags, int fd,
                uint64_t off)
{
    return sys6(SYS_mmap, at, len, prot, flags, fd, off);
}

/* ---- stage 1: in the way of the saved memory ---- */

static void read_index(const struct ck_blob_args *a, struct ck_imgr *r)
{
    char text[128];
    long p;
    int rc = ck_imgr_open(r, a->image_fd);

    if (!rc && r->kind != CK_IMAGE_PROCESS)
        rc = -EBADMSG;
    if (!rc) {
        p = map(0, r->index_len + 1, PROT_READ | PROT_WRITE,
                MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        rc = sys_failed(p) ? (int)p
                           : ck_imgr_load(r, (void *)p, r->index_len);
    }
    if (rc)
        ck_blob_fail(a->coord_fd, "image of process %u: %s", a->vpid,
                     ck_imgr_strerror(rc, text, sizeof text));
}

struct counts {
    uint32_t areas, tids;
};

static struct counts count_records(const struct ck_imgr *r)
{
    struct counts n = {0, 0};
    struct ck_rd at, body;
    uint16_t tag;

    ck_imgr_records(r, &at);
    while (ck_imgr_next(&at, &tag, &body) > 0) {
        n.areas += tag == CK_TAG_AREA;
        n.tids += tag == CK_TAG_THREAD;
    }
    return n;
}

/* A hole of `len` bytes in the present and in the saved address space. */
static uint64_t find_hole(const struct ck_imgr *r,
                          const struct ck_present *present, uint64_t len)
{
    uint64_t at = 0x100000000ul;
    int moved = 1;

    while (moved) {
        struct ck_rd rec, body;
        struct ck_area a;
        uint16_t tag;

        moved = 0;
        for (uint32_t i = 0; i < present->n; i++) {
            if (at < present->map[i].end + PAGE &&
                at + len + PAGE > present->map[i].start) {
                at = present->map[i].end + 16 * PAGE;
                moved = 1;
            }
        }
        ck_imgr_records(r, &rec);
        while (ck_imgr_next(&rec, &tag, &body) > 0) {
            if (tag != CK_TAG_AREA || ck_area_get(&body, &a))
                continue;
            /* Room below a stack that may still grow. */
            if (at < a.end + PAGE && at + len + (64ul << 20) > a.start) {
                at = a.end + 16 * PAGE;
                moved = 1;
            }
        }
    }
    return at;
}

static void *carve(uint64_t *next, uint64_t n)
{
    void *p = (void *)*next;

    *next += (n + 63) & ~63ul;
    return p;
}

static void load_records(struct region *g)
{
    struct ck_rd at, body;
    uint16_t tag;
    int rc, bad = 0;

    ck_imgr_records(&g->r, &at);
    while ((rc = ck_imgr_next(&at, &tag, &body)) > 0) {
        struct ck_thread t;

        if (tag == CK_TAG_PROCESS) {
            bad |= ck_process_get(&body, &g->process);
        } else if (tag == CK_TAG_AREA) {
            bad |= ck_area_get(&body, &g->area[g->nareas++]);
        } else if (tag == CK_TAG_THREAD) {
            bad |= ck_thread_get(&body, &t);
            g->tid[g->ntids++] = t.tid;
            if (t.tid < g->tid_min)
                g->tid_min = t.tid;
            if (t.tid > g->tid_max)
                g->tid_max = t.tid;
        }
    }
    if (rc < 0 || bad || !g->process.entry || g->process.mm.n != 12 * 8)
        ck_blob_fail(g->coord_fd, "the image's index is damaged");
    for (uint32_t i = 0; i < g->nareas; i++) {
        const struct ck_area *a = &g->area[i];

        if (a->start >= a->end || (a->start | a->end) % PAGE ||
            (i && a->start < g->area[i - 1].end))
            ck_blob_fail(g->coord_fd, "area %lx of the image is damaged",
                         a->start);
        /* Neighbours are one range: a run may cross from one to the next. */
        if (a->kind != CK_AREA_ANON && a->kind != CK_AREA_FILE)
            continue;
        if (!g->nranges || g->range[g->nranges - 1].end != a->start)
            g->range[g->nranges++].start = a->start;
        g->range[g->nranges - 1].end = a->end;
    }
    rc = ck_imgr_stream_find(&g->r, 0, &g->pages);
    g->has_pages = rc == 0;
    if (rc && rc != -ENOENT)
        ck_blob_fail(g->coord_fd, "the image's list of blocks is damaged");
}

static void fill_handoff(struct region *g, const struct ck_blob_args *a)
{
    struct ck_handoff *h = &g->handoff;

    h->version = CK_HANDOFF_VERSION;
    h->coord_fd = a->coord_fd;
    h->generation = a->generation;
    h->region_start = g->start;
    h->region_len = g->len;
    if (ck_fmt(h->job_dir, sizeof h->job_dir, "%s", a->job_dir) < 0 ||
        ck_fmt(h->pidtable, sizeof h->pidtable, "%s", a->pidtable) < 0 ||
        ck_fmt(h->tree, sizeof h->tree, "%s", a->tree) < 0 ||
        ck_fmt(h->stdio, sizeof h->stdio, "%s", a->stdio) < 0)
        ck_blob_fail(a->coord_fd, "a path is too long: %s", a->job_dir);
}

static struct region *make_region(const struct ck_blob_args *a,
                                  const struct ck_imgr *r,
                                  const struct ck_present *present)
{
    struct counts n = count_records(r);
    uint64_t code = ((uint64_t)(_end - __ehdr_start) + PAGE) & ~(PAGE - 1);
    uint64_t readers = a->threads < 1             ? 1
                       : a->threads > READERS_MAX ? READERS_MAX
                                                  : a->threads;
    uint64_t len, at, next;
    struct region *g;
    long p;

    len = code + sizeof *g + r->index_len + 1 + sizeof *present +
          n.areas * (sizeof(struct ck_area) + sizeof(struct ck_imgr_range)) +
          n.tids * 4 + a->nshm * sizeof *a->shm +
          readers * (STACK + CK_IMGR_SCRATCH_SIZE) + CK_KERNEL_ROOM +
          (1ul << 16);
    len = (len + PAGE - 1) & ~(PAGE - 1);
    at = find_hole(r, present, len);
    p = map(at, len, PROT_READ | PROT_WRITE,
            MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    if (sys_failed(p))
        ck_blob_fail(a->coord_fd, "no place for the restorer (error %ld)",
                     -p);
    memcpy((void *)at, __ehdr_start, (size_t)(_end - __ehdr_start));
    sys3(SYS_mprotect, at, code, PROT_READ | PROT_WRITE | PROT_EXEC);
    next = at + code;
    g = carve(&next, sizeof *g);
    g->start = at;
    g->len = len;
    g->image_fd = a->image_fd;
    g->coord_fd = a->coord_fd;
    g->generation = a->generation;
    g->readers = (uint32_t)readers;
    g->tid_min = ~0u;
    g->r = *r;
    g->r.index = carve(&next, r->index_len);
    memcpy((void *)(uintptr_t)g->r.index, r->index, r->index_len);
    g->present = carve(&next, sizeof *present);
    memcpy(g->present, present, sizeof *present);
    g->area = carve(&next, n.areas * sizeof *g->area);
    g->range = carve(&next, n.areas * sizeof *g->range);
    g->tid = carve(&next, n.tids * 4);
    g->nshm = a->nshm;
    g->shm = carve(&next, a->nshm * sizeof *a->shm);
    memcpy(g->shm, a->shm, a->nshm * sizeof *a->shm);
    g->scratch = carve(&next, readers * CK_IMGR_SCRATCH_SIZE);
    g->stack = carve(&next, readers * STACK);
    g->aside = (next + PAGE - 1) & ~(PAGE - 1);
    load_records(g);
    fill_handoff(g, a);
    return g;
}

/* ---- stage 2: in the region, alone ---- */

/* vdso and vvar wait aside while everything else goes. */
static void clear(struct region *g)
{
    uint64_t at = g->aside;

    for (uint32_t i = 0; i < g->present->nkernel; i++) {
        struct ck_kernel_map *k = &g->present->kernel[i];
        long p = sys5(SYS_mremap, k->start, k->end - k->start,
                      k->end - k->start, MREMAP_MAYMOVE | MREMAP_FIXED, at);

        if (sys_failed(p))
            ck_blob_fail(g->coord_fd, "%s can't be moved (error %ld)",
                         k->name, -p);
        g->vdso_from[i] = at;
        at += k->end - k->start;
    }
    sys2(SYS_arch_prctl, ARCH_SET_FS, g->guard);
    sys2(SYS_munmap, 0, g->start);
    sys2(SYS_munmap, g->start + g->len,
         0x7ffffffff000ul - (g->start + g->len));
}

/* Has the kernel of this node the vdso that the program knows? */
static void place_kernel(struct region *g)
{
    for (uint32_t i = 0; i < g->nareas; i++) {
        const struct ck_area *a = &g->area[i];
        const struct ck_kernel_map *k = NULL;
        uint32_t j;
        long p;

        if (a->kind != CK_AREA_VDSO && a->kind != CK_AREA_VVAR)
            continue;
        for (j = 0; j < g->present->nkernel && !k; j++)
            if (ck_streq(g->present->kernel[j].name, a->path))
                k = &g->present->kernel[j];
        if (!k || k->end - k->start != a->end - a->start)
            ck_blob_fail(g->coord_fd, "%s of this kernel is not the one of "
                         "the image: restart on a node with the same kernel",
                         a->path);
        p = sys5(SYS_mremap, g->vdso_from[j - 1], a->end - a->start,
                 a->end - a->start, MREMAP_MAYMOVE | MREMAP_FIXED, a->start);
        if (sys_failed(p))
            ck_blob_fail(g->coord_fd, "%s can't be put at %lx (error %ld)",
                         a->path, a->start, -p);
        if (a->kind == CK_AREA_VDSO && g->process.vdso_sum &&
            ck_sum64((void *)a->start, a->end - a->start) !=
                g->process.vdso_sum)
            ck_blob_fail(g->coord_fd, "the kernel of this node (its vdso) is "
                         "not the one of the image: restart on a node with "
                         "the same kernel");
    }
}

static int open_file(const struct region *g, const struct ck_area *a)
{
    static const int flags = O_RDONLY | O_CLOEXEC;
    struct stat st;
    uint8_t *first = g->scratch;
    long n, fd = sys4(SYS_openat, AT_FDCWD, a->path, flags, 0);

    if (fd < 0)
        ck_blob_fail(g->coord_fd, "%s, which the program has mapped, can't "
                     "be opened (error %ld)", a->path, -fd);
    n = sys2(SYS_fstat, fd, &st);
    if (n == 0)
        n = sys4(SYS_pread64, fd, first, 4096, 0);
    if (n < 0 || (uint64_t)st.st_size != a->file_size ||
        ck_sum64(first, (size_t)n) != a->fingerprint)
        ck_blob_fail(g->coord_fd, "%s, which the program has mapped, has "
                     "been replaced since the checkpoint", a->path);
    return (int)fd;
}

static void map_area(struct region *g, const struct ck_area *a,
                     const char **path, int *fd)
{
    int flags = MAP_FIXED_NOREPLACE, prot = PROT_READ | PROT_WRITE;
    uint64_t off = 0;
    long p;

    switch (a->kind) {
    case CK_AREA_ANON:
        flags |= MAP_PRIVATE | MAP_ANONYMOUS;
        flags |= a->flags & CK_AF_GROWSDOWN ? MAP_GROWSDOWN : 0;
        flags |= a->flags & CK_AF_NORESERVE ? MAP_NORESERVE : 0;
        break;
    case CK_AREA_SHM:
        flags |= MAP_SHARED;
        off = a->pgoff;
        break;
    case CK_AREA_DEV:
        prot = a->prot;
        /* fallthrough */
    default:
        flags |= a->kind == CK_AREA_DEV ? MAP_SHARED : MAP_PRIVATE;
        off = a->pgoff;
        if (*fd < 0 || !ck_streq(*path, a->path)) {
            if (*fd >= 0)
                sys1(SYS_close, *fd);
            *fd = open_file(g, a);
            *path = a->path;
        }
    }
    if (a->kind == CK_AREA_SHM) {
        int shm = -1;

        for (uint32_t i = 0; i < g->nshm; i++)
            if (g->shm[i].dev == a->dev && g->shm[i].ino == a->ino)
                shm = g->shm[i].fd;
        p = map(a->start, a->end - a->start, a->prot, flags, shm, off);
    } else if (a->kind == CK_AREA_ANON) {
        p = map(a->start, a->end - a->start, prot, flags, -1, 0);
    } else {
        p = map(a->start, a->end - a->start, prot, flags, *fd, off);
    }
    if (sys_failed(p) || (uint64_t)p != a->start)
        ck_blob_fail(g->coord_fd, "memory at %lx-%lx (%s) can't be mapped "
                     "(error %ld)", a->start, a->end,
                     a->path[0] ? a->path : "anonymous", -p);
}

static void map_areas(struct region *g)
{
    const char *path = "";
    int fd = -1;

    for (uint32_t i = 0; i < g->nareas; i++) {
        const struct ck_area *a = &g->area[i];

        if (a->kind == CK_AREA_VDSO || a->kind == CK_AREA_VVAR)
            continue;
        map_area(g, a, &path, &fd);
        if (a->flags & CK_AF_HUGEPAGE)
            sys3(SYS_madvise, a->start, a->end - a->start, MADV_HUGEPAGE);
        if (a->flags & CK_AF_NOHUGEPAGE)
            sys3(SYS_madvise, a->start, a->end - a->start, MADV_NOHUGEPAGE);
    }
    if (fd >= 0)
        sys1(SYS_close, fd);
}

static void protect_areas(struct region *g)
{
    for (uint32_t i = 0; i < g->nareas; i++) {
        const struct ck_area *a = &g->area[i];
        uint64_t len = a->end - a->start;

        if ((a->kind == CK_AREA_ANON || a->kind == CK_AREA_FILE) &&
            a->prot != (PROT_READ | PROT_WRITE))
            sys3(SYS_mprotect, a->start, len, a->prot);
        if (a->flags & CK_AF_DONTFORK)
            sys3(SYS_madvise, a->start, len, MADV_DONTFORK);
        if (a->flags & CK_AF_WIPEONFORK)
            sys3(SYS_madvise, a->start, len, MADV_WIPEONFORK);
        if (a->flags & CK_AF_DONTDUMP)
            sys3(SYS_madvise, a->start, len, MADV_DONTDUMP);
        if (a->flags & CK_AF_MERGEABLE)
            sys3(SYS_madvise, a->start, len, MADV_MERGEABLE);
        if (a->flags & CK_AF_LOCKED)
            sys2(SYS_mlock, a->start, len);
    }
}

/* ---- readers ---- */

static int is_tid(const struct region *g, uint32_t v)
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
 * u32 nusers, u32 kind. A held one that knows its owner by number has a
 * number of a saved thread there; the kinds' bits: 1 recursive, 2 error
 * checking, 16 robust, 32 priority inheritance, 64 priority protection,
 * 128 shared. What looks like one by accident must also agree in lock,
 * count and users.
 */
static int held_mutex(const struct region *g, const uint32_t *m)
{
    uint32_t type = m[4] & 3, lock = m[0] & 0x3fffffffu;

    if (!is_tid(g, m[2]) || m[4] > 255 || m[3] != 1 || m[1] > 100000)
        return 0;
    if (m[4] & (16 | 32))
        return lock == m[2] && (type != 1 || m[1] > 0);
    return (m[0] == 1 || m[0] == 2) && (type != 1 || m[1] > 0);
}

static void scan(struct region *g, uint64_t start, uint64_t len)
{
    for (uint64_t at = start; at + 40 <= start + len; at += 8) {
        const uint32_t *m = (const uint32_t *)at;
        uint32_t n;

        if (m[2] - g->tid_min > g->tid_max - g->tid_min || !held_mutex(g, m))
            continue;
        n = __atomic_fetch_add(&g->nmutex, 1, __ATOMIC_RELAXED);
        if (n < CK_HANDOFF_MUTEXES)
            g->handoff.mutex[n] = at;
    }
}

static int reader_main(void *arg)
{
    struct region *g = arg;
    uint64_t here = (uint64_t)__builtin_frame_address(0);
    /* Which scratch is ours follows from our stack. */
    uint8_t *scratch = g->scratch + (here - (uint64_t)g->stack) / STACK *
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
        for (uint32_t k = 0; k < b.nruns; k++)
            scan(g, b.run[k].addr, b.run[k].len);
    }
}

static void read_pages(struct region *g)
{
    char text[128];

    if (!g->has_pages)
        return;
    for (uint32_t i = 1; i < g->readers; i++) {
        g->alive[i] = 1;
        if (ck_clone(CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND |
                         CLONE_THREAD | CLONE_SYSVSEM | CLONE_CHILD_CLEARTID,
                     g->stack + (i + 1) * STACK, NULL, &g->alive[i],
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
    if (g->nmutex > CK_HANDOFF_MUTEXES)
        ck_blob_fail(g->coord_fd, "more than %d held mutexes",
                     CK_HANDOFF_MUTEXES);
}

/* argv, environment, auxv and brk as the kernel shows them in /proc. */
static void set_mm(struct region *g)
{
    struct prctl_mm_map m;
    long r;

    memset(&m, 0, sizeof m);
    memcpy(&m, g->process.mm.p, 11 * 8);
    m.auxv = (void *)(uintptr_t)g->process.auxv.p;
    m.auxv_size = g->process.auxv.n;
    m.exe_fd = (uint32_t)-1;
    r = sys5(SYS_prctl, PR_SET_MM, PR_SET_MM_MAP, &m, sizeof m, 0);
    if (r < 0)
        ck_blob_fail(g->coord_fd, "the kernel does not take the memory "
                     "layout (error %ld): it needs CONFIG_CHECKPOINT_RESTORE",
                     -r);
}

static _Noreturn void stage2(struct region *g)
{
    void (*entry)(void);

    sys2(SYS_arch_prctl, ARCH_SET_FS, &g->no_tls[64]);
    clear(g);
    place_kernel(g);
    map_areas(g);
    read_pages(g);
    protect_areas(g);
    set_mm(g);
    sys1(SYS_close, g->image_fd);
    for (uint32_t i = 0; i < g->nshm; i++)
        sys1(SYS_close, g->shm[i].fd);
    g->handoff.mutex_count = g->nmutex;
    g->handoff.raw_bytes = g->raw_bytes;
    memcpy((void *)g->process.handoff, &g->handoff, sizeof g->handoff);
    entry = (void (*)(void))g->process.entry;
    entry();
    for (;;)
        sys1(SYS_exit_group, 1);
}

_Noreturn void ck_blob_restore(const struct ck_blob_args *args)
{
    static struct ck_present present;
    struct ck_imgr r;
    struct region *g;
    uint64_t target;

    ck_present_read(&present, args->coord_fd);
    read_index(args, &r);
    /* Once more: the index is mapped now, and must not be in the way. */
    ck_present_read(&present, args->coord_fd);
    g = make_region(args, &r, &present);
    target = g->start + ((uint64_t)stage2 - (uint64_t)__ehdr_start);
    __asm__ volatile("mov %0, %%rsp\n\t"
                     "xor %%ebp, %%ebp\n\t"
                     "call *%1\n\t"
                     "ud2"
                     :
                     : "r"((uint64_t)g->stack + STACK), "r"(target), "D"(g)
                     : "memory");
    __builtin_unreachable();
}
