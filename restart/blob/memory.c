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
#include "restart/blob/region.h"

#define PAGE 4096ul
#define DROPPABLE 8    /* MAP_DROPPABLE, Linux 6.11 */
#define SYS_MSEAL 462  /* Linux 6.10 */
#ifndef PR_SET_VMA
#define PR_SET_VMA 0x53564d41
#define PR_SET_VMA_ANON_NAME 0
#endif

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

static void load_records(struct ck_region *g)
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
        } else if (tag == CK_TAG_GUARDS) {
            struct ck_guard_list list;

            bad |= ck_guard_list_get(&body, &list);
            g->guards = list.ranges;
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
        if (!ck_area_saved(a->kind))
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

static void fill_handoff(struct ck_region *g, const struct ck_blob_args *a)
{
    struct ck_handoff *h = &g->handoff;

    h->version = CK_HANDOFF_VERSION;
    h->coord_fd = a->coord_fd;
    h->generation = a->generation;
    h->region_start = g->start;
    h->region_len = g->len;
    ck_blob_notify_handoff(h);
    if (ck_fmt(h->job_dir, sizeof h->job_dir, "%s", a->job_dir) < 0 ||
        ck_fmt(h->pidtable, sizeof h->pidtable, "%s", a->pidtable) < 0 ||
        ck_fmt(h->tree, sizeof h->tree, "%s", a->tree) < 0 ||
        ck_fmt(h->stdio, sizeof h->stdio, "%s", a->stdio) < 0)
        ck_blob_fail(a->coord_fd, "a path is too long: %s", a->job_dir);
}

static struct ck_region *make_region(const struct ck_blob_args *a,
                                  const struct ck_imgr *r,
                                  const struct ck_present *present)
{
    struct counts n = count_records(r);
    uint64_t code = ((uint64_t)(_end - __ehdr_start) + PAGE) & ~(PAGE - 1);
    uint64_t readers = a->threads < 1             ? 1
                       : a->threads > CK_READERS_MAX ? CK_READERS_MAX
                                                  : a->threads;
    uint64_t len, at, next;
    struct ck_region *g;
    long p;

    len = code + sizeof *g + r->index_len + 1 + sizeof *present +
          n.areas * (sizeof(struct ck_area) + sizeof(struct ck_imgr_range)) +
          n.tids * 4 + a->nshm * sizeof *a->shm +
          readers * (CK_READER_STACK + CK_IMGR_SCRATCH_SIZE) + CK_KERNEL_ROOM +
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
    g->stack = carve(&next, readers * CK_READER_STACK);
    g->aside = (next + PAGE - 1) & ~(PAGE - 1);
    load_records(g);
    fill_handoff(g, a);
    return g;
}

/* ---- stage 2: in the region, alone ---- */

/* vdso and vvar wait aside while everything else goes. */
static void clear(struct ck_region *g)
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
static void place_kernel(struct ck_region *g)
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

/* A file that areas are mapped from, one after the other. rw, exec: how it was
 * opened, whether it was looked at as closely as what is executed must be. */
struct mapped_file {
    const char *path;
    int fd, rw, exec;
};

/* Is it what was mapped? What may be written to may have changed since, and so
 * may data; what is executed may not. Its length was looked at when programs
 * ran on already, and one may have written behind the first page since. */
static int is_same(const struct ck_region *g, const struct ck_area *a, long fd)
{
    uint8_t *first = g->scratch;
    struct stat st;
    long n = sys2(SYS_fstat, fd, &st);

    if (n == 0 && !(a->prot & PROT_EXEC) && st.st_ino == a->ino &&
        (uint64_t)st.st_size >= a->file_size)
        return 1;
    if (n == 0)
        n = sys4(SYS_pread64, fd, first, 4096, 0);
    return n >= 0 && ck_sum64(first, (size_t)n) == a->fingerprint &&
           ((uint64_t)st.st_size == a->file_size ||
            (st.st_ino == a->ino && n == 4096));
}

static int open_file(const struct ck_region *g, const struct ck_area *a,
                     struct mapped_file *f)
{
    int rw = (a->flags & CK_AF_MAYWRITE) != 0, exec = a->prot & PROT_EXEC;
    long fd;

    if (f->fd >= 0 && ck_streq(f->path, a->path) && f->rw == rw &&
        (f->exec || !exec))
        return f->fd;
    if (f->fd >= 0)
        sys1(SYS_close, f->fd);
    fd = sys4(SYS_openat, AT_FDCWD, a->path,
              (rw ? O_RDWR : O_RDONLY) | O_CLOEXEC, 0);
    if (fd < 0)
        ck_blob_fail(g->coord_fd, "%s, which the program has mapped, can't "
                     "be opened (error %ld)", a->path, -fd);
    if (!rw && !is_same(g, a, fd))
        ck_blob_fail(g->coord_fd, "%s, which the program has mapped, has "
                     "been replaced since the checkpoint", a->path);
    *f = (struct mapped_file){a->path, (int)fd, rw, exec};
    return (int)fd;
}

/* The object of shared memory of which the area shows a part: the inherited
 * descriptor, or, where the program may not make the area writable or has it
 * privately, a new one for reading only (closed by the caller): an area keeps
 * its description alive, and a file that is open for writing can't be
 * executed. */
static int open_object(const struct ck_region *g, const struct ck_area *a,
                       int *ours)
{
    char path[40];
    int fd = -1;
    long r;

    for (uint32_t i = 0; i < g->nshm; i++)
        if (g->shm[i].dev == a->dev && g->shm[i].ino == a->ino)
            fd = g->shm[i].fd;
    if (fd < 0)
        ck_blob_fail(g->coord_fd, "the shared memory %s is not in the image "
                     "of the tree", a->path);
    *ours = 0;
    if (a->kind == CK_AREA_SHM &&
        (a->prot & PROT_WRITE || a->flags & CK_AF_MAYWRITE))
        return fd;
    ck_fmt(path, sizeof path, "/proc/self/fd/%d", fd);
    r = sys4(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
    *ours = r >= 0;
    return r >= 0 ? (int)r : fd;
}

static long map_object(const struct ck_region *g, const struct ck_area *a,
                       int prot, int flags)
{
    int ours, fd = open_object(g, a, &ours);
    long p = map(a->start, a->end - a->start, prot, flags, fd, a->pgoff);

    if (ours)
        sys1(SYS_close, fd);
    return p;
}

static long map_anonymous(const struct ck_area *a, int prot, int flags)
{
    long p = -EINVAL;

    if (a->flags & CK_AF_GROWSDOWN)
        flags |= MAP_GROWSDOWN;
    if (a->flags & CK_AF_DROPPABLE) /* not every kernel has it */
        p = map(a->start, a->end - a->start, prot, flags | DROPPABLE, -1, 0);
    return sys_failed(p) ? map(a->start, a->end - a->start, prot,
                               flags | MAP_PRIVATE, -1, 0)
                         : p;
}

/* What has pages to be filled is made writable, and protected when it is. */
static void map_area(struct ck_region *g, const struct ck_area *a,
                     struct mapped_file *file)
{
    int flags = MAP_FIXED_NOREPLACE;
    int prot = ck_area_saved(a->kind) && !(a->flags & CK_AF_BARE)
                   ? PROT_READ | PROT_WRITE
                   : a->prot;
    long p;

    flags |= a->flags & CK_AF_NORESERVE ? MAP_NORESERVE : 0;
    switch (a->kind) {
    case CK_AREA_ANON:
        p = map_anonymous(a, prot, flags | MAP_ANONYMOUS);
        break;
    case CK_AREA_SYSV:
        p = ck_blob_attach(g, a);
        break;
    case CK_AREA_SHM:
        p = map_object(g, a, prot, flags | MAP_SHARED);
        break;
    case CK_AREA_OVER:
        p = map_object(g, a, prot, flags | MAP_PRIVATE);
        break;
    default:
        flags |= a->kind == CK_AREA_DEV ? MAP_SHARED : MAP_PRIVATE;
        p = map(a->start, a->end - a->start, prot, flags,
                open_file(g, a, file), a->pgoff);
    }
    if (sys_failed(p) || (uint64_t)p != a->start)
        ck_blob_fail(g->coord_fd, "memory at %lx-%lx (%s) can't be mapped "
                     "(error %ld)", a->start, a->end,
                     a->path[0] ? a->path : "anonymous", -p);
}

static void advise(const struct ck_area *a, uint32_t flag, int advice)
{
    if (a->flags & flag)
        sys3(SYS_madvise, a->start, a->end - a->start, advice);
}

/* A name that the program gave to anonymous memory, "[anon:heap of X]". */
static void name_area(const struct ck_area *a)
{
    char name[81];
    size_t n = ck_strlen(a->path);

    if (!ck_starts(a->path, "[anon:") || n < 7 || n > 86)
        return;
    memcpy(name, a->path + 6, n - 7);
    name[n - 7] = '\0';
    sys5(SYS_prctl, PR_SET_VMA, PR_SET_VMA_ANON_NAME, a->start,
         a->end - a->start, name);
}

static void map_areas(struct ck_region *g)
{
    struct mapped_file file = {"", -1, 0, 0};

    for (uint32_t i = 0; i < g->nareas; i++) {
        const struct ck_area *a = &g->area[i];

        if (a->kind == CK_AREA_VDSO || a->kind == CK_AREA_VVAR)
            continue;
        map_area(g, a, &file);
        name_area(a);
        advise(a, CK_AF_HUGEPAGE, MADV_HUGEPAGE);
        advise(a, CK_AF_NOHUGEPAGE, MADV_NOHUGEPAGE);
    }
    if (file.fd >= 0)
        sys1(SYS_close, file.fd);
}

static void protect_areas(struct ck_region *g)
{
    for (uint32_t i = 0; i < g->nareas; i++) {
        const struct ck_area *a = &g->area[i];
        uint64_t len = a->end - a->start;
        long r = 0;

        if (ck_area_saved(a->kind) && !(a->flags & CK_AF_BARE) &&
            a->prot != (PROT_READ | PROT_WRITE))
            r = sys3(SYS_mprotect, a->start, len, a->prot);
        if (r < 0)
            ck_blob_fail(g->coord_fd, "memory at %lx-%lx (%s) can't be given "
                         "its rights (error %ld)", a->start, a->end,
                         a->path[0] ? a->path : "anonymous", -r);
        advise(a, CK_AF_DONTFORK, MADV_DONTFORK);
        advise(a, CK_AF_WIPEONFORK, MADV_WIPEONFORK);
        advise(a, CK_AF_DONTDUMP, MADV_DONTDUMP);
        advise(a, CK_AF_MERGEABLE, MADV_MERGEABLE);
        advise(a, CK_AF_SEQUENTIAL, MADV_SEQUENTIAL);
        advise(a, CK_AF_RANDOM, MADV_RANDOM);
        if (a->flags & CK_AF_ONFAULT)
            sys3(SYS_mlock2, a->start, len, MLOCK_ONFAULT);
        else if (a->flags & CK_AF_LOCKED)
            sys2(SYS_mlock, a->start, len);
        if (a->flags & CK_AF_SEALED)
            sys3(SYS_MSEAL, a->start, len, 0);
    }
}

/* argv, environment, auxv and brk as the kernel shows them in /proc. */
static void set_mm(struct ck_region *g)
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

static _Noreturn void stage2(struct ck_region *g)
{
    void (*entry)(void);

    sys2(SYS_arch_prctl, ARCH_SET_FS, &g->no_tls[64]);
    clear(g);
    place_kernel(g);
    map_areas(g);
    ck_blob_policies(g);
    ck_pages_read(g);
    ck_blob_guards(g);
    protect_areas(g);
    set_mm(g);
    sys1(SYS_close, g->image_fd);
    for (uint32_t i = 0; i < g->nshm; i++)
        if (g->shm[i].dev != CK_BLOB_SYSV)
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
    struct ck_region *g;
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
                     : "r"((uint64_t)g->stack + CK_READER_STACK), "r"(target), "D"(g)
                     : "memory");
    __builtin_unreachable();
}
