/*
 * save.c - finds the pages that carry data and hands them to the writer.
 *
 * /proc/self/pagemap says which pages of a private area are its own: present
 * or swapped, and not the file's. Of these, pages of zeros are left out: new
 * memory is zero anyway. (Only in an area whose file lies below would a
 * missing page become the file's, so there zeros are written.)
 *
 * Several workers take slices of the list; each gathers runs of pages until
 * a block is full. In the fork snapshot they are threads of the writer, in
 * place they are threads of the program's process that live for this only.
 */
#include "runtime/mem/save.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/mman.h>

#include "lib/arch/x86_64/clone.h"
#include "lib/sys/fmt.h"
#include "lib/sys/syscall.h"
#include "runtime/mem/scan.h"
#include "runtime/thread.h"

#define PAGE 4096u
#define SLICE_PAGES 1024u
#define PM_PRESENT (1ull << 63)
#define PM_SWAPPED (1ull << 62)
#define PM_FILE (1ull << 61)
#define WORKER_STACK (32 * 1024)

struct work {
    struct ck_imgw *w;
    struct ck_imgw_stream *s;
    struct ck_mareas *m;
    struct ck_guards *guards;
    struct ck_progress *p;
    int early;
    uint32_t lock; /* of those that follow: the next slice */
    uint32_t area;
    uint64_t at;
    int no_scan; /* by this kernel */
    int pagemap;
    int mem;
};

struct worker {
    struct work *work;
    void *scratch;
    uint8_t *bounce; /* CK_BLOCK_RAW_MAX, for areas read through /proc */
    uint64_t *map;   /* SLICE_PAGES entries */
    struct ck_run run[CK_BLOCK_RUNS_MAX];
    uint32_t nruns;
    uint32_t bytes;
    int32_t alive;
};

uint32_t ck_save_blocks(const struct ck_mareas *m)
{
    uint64_t bytes = m->resident;

    /* A file that turns out to be gone is saved as a whole. */
    for (uint32_t i = 0; i < m->n; i++)
        if (m->a[i].kind == CK_AREA_FILE || m->a[i].kind == CK_AREA_DEV)
            bytes += m->a[i].end - m->a[i].start;
    return (uint32_t)(bytes / CK_BLOCK_RAW_MAX) * 2 + m->n +
           4 * CK_SAVE_THREADS + 64;
}

/* So much of the area is done with. */
static void account(struct work *k, const struct ck_marea *a, uint64_t bytes)
{
    if (k->p && !a->whole)
        __atomic_add_fetch(&k->p->done,
                           a->resident / PAGE * (bytes / PAGE) /
                               ((a->end - a->start) / PAGE) * PAGE,
                           __ATOMIC_RELAXED);
}

/* The first page from `at` on that may be of the area's own. Terabytes may be
 * reserved for little (a sanitizer's shadow, the heaps of some languages). */
static uint64_t skip_holes(struct work *k, const struct ck_marea *a,
                           uint64_t at)
{
    struct ck_page_range r = {a->end, a->end, 0};
    uint64_t next = at;

    if (k->no_scan || a->whole || a->end - at <= (uint64_t)SLICE_PAGES * PAGE)
        return at;
    if (ck_page_scan(k->pagemap, &next, a->end,
                     CK_PAGE_PRESENT | CK_PAGE_SWAPPED, &r, 1, 1) < 0) {
        k->no_scan = 1;
        return at;
    }
    account(k, a, r.start - at);
    return r.start;
}

/* The next slice of at most SLICE_PAGES pages; 0 when there is none. */
static int next_slice(struct work *k, struct ck_marea **a,
                      uint64_t *start, uint64_t *end)
{
    int got = 0;

    while (__atomic_exchange_n(&k->lock, 1, __ATOMIC_ACQUIRE))
        ck_futex_wait(&k->lock, 1, 10);
    while (!got && k->area < k->m->n) {
        struct ck_marea *area = &k->m->a[k->area];

        if (!ck_area_saved(area->kind) || area->early != k->early ||
            (!area->resident && !area->whole) || k->at >= area->end) {
            k->area++;
            k->at = 0;
            continue;
        }
        k->at = skip_holes(k, area,
                           k->at > area->start ? k->at : area->start);
        if (k->at == area->end)
            continue;
        *a = area;
        *start = k->at;
        *end = area->end - *start > (uint64_t)SLICE_PAGES * PAGE
                   ? *start + (uint64_t)SLICE_PAGES * PAGE
                   : area->end;
        k->at = *end;
        got = 1;
    }
    __atomic_store_n(&k->lock, 0, __ATOMIC_RELEASE);
    ck_futex_wake(&k->lock, 1);
    return got;
}

static int zero(const void *page)
{
    const uint64_t *p = page;

    for (unsigned i = 0; i < PAGE / 8; i += 8)
        if (p[i] | p[i + 1] | p[i + 2] | p[i + 3] | p[i + 4] | p[i + 5] |
            p[i + 6] | p[i + 7])
            return 0;
    return 1;
}

static void flush(struct worker *v)
{
    if (v->nruns)
        ck_imgw_block(v->work->w, v->work->s, v->scratch, v->run, v->nruns);
    v->nruns = 0;
    v->bytes = 0;
}

static void take(struct worker *v, uint64_t addr)
{
    struct ck_run *last = v->nruns ? &v->run[v->nruns - 1] : NULL;

    if (last && last->addr + last->len == addr) {
        last->len += PAGE;
    } else {
        if (v->nruns == CK_BLOCK_RUNS_MAX)
            flush(v);
        v->run[v->nruns].addr = addr;
        v->run[v->nruns++].len = PAGE;
    }
    v->bytes += PAGE;
    if (v->bytes == CK_BLOCK_RAW_MAX)
        flush(v);
}

/* The same for a page that must be copied first: v->bounce collects. */
static void gather_flush(struct worker *v, struct ck_imgw *w,
                         struct ck_imgw_stream *s)
{
    if (v->nruns)
        ck_imgw_block_buf(w, s, v->scratch, v->run, v->nruns, v->bounce);
    v->nruns = 0;
    v->bytes = 0;
}

static void gather(struct worker *v, struct ck_imgw *w,
                   struct ck_imgw_stream *s, uint64_t addr, int fresh_is_zero)
{
    struct ck_run *last = v->nruns ? &v->run[v->nruns - 1] : NULL;

    if (fresh_is_zero && zero(v->bounce + v->bytes))
        return;
    v->bytes += PAGE;
    if (last && last->addr + last->len == addr) {
        last->len += PAGE;
    } else {
        v->run[v->nruns].addr = addr;
        v->run[v->nruns++].len = PAGE;
    }
    if (v->bytes == CK_BLOCK_RAW_MAX || v->nruns == CK_BLOCK_RUNS_MAX)
        gather_flush(v, w, s);
}

/* Pages from start on of which `map` (NULL: all) says that they are to be
 * saved, through /proc/self/mem, which gives an error and not SIGBUS behind a
 * file's end, and shows what the program may not read. */
static void save_unseen(struct worker *v, struct ck_marea *a, uint64_t start,
                        uint64_t end, const uint64_t *map)
{
    long n;

    flush(v);
    for (uint64_t at = start; at < end; at += PAGE) {
        if (map && !map[(at - start) / PAGE])
            continue;
        n = sys4(SYS_pread64, v->work->mem, v->bounce + v->bytes, PAGE, at);
        if (n == (long)PAGE)
            gather(v, v->work->w, v->work->s, at, a->kind == CK_AREA_ANON);
        else if (map)
            ck_imgw_fail(v->work->w, n < 0 ? (int)n : -EIO);
    }
    gather_flush(v, v->work->w, v->work->s);
    __atomic_store_n(&a->data, 1, __ATOMIC_RELAXED);
}

/* Is the page, of which pagemap says e, one of the area's own? */
static int is_own(struct work *k, const struct ck_marea *a, uint64_t e,
                  uint64_t addr)
{
    if (!(e & (PM_PRESENT | PM_SWAPPED)) ||
        (a->kind != CK_AREA_ANON && (e & PM_PRESENT) && (e & PM_FILE)))
        return 0;
    return !ck_guard_is(k->guards, e, addr);
}

/* What the program may not read, /proc/self/mem does; where it is not allowed
 * to (proc_mem.force_override), the pages are opened for the moment, which
 * can't be done with sealed ones (mseal). */
static void save_hidden(struct worker *v, struct ck_marea *a, uint64_t start,
                        uint64_t end)
{
    uint64_t pages = (end - start) / PAGE, first = pages;
    uint8_t byte;
    int closed;

    for (uint64_t i = pages; i-- > 0;) {
        v->map[i] = (uint64_t)is_own(v->work, a, v->map[i], start + i * PAGE);
        if (v->map[i])
            first = i;
    }
    if (first == pages)
        return;
    closed = sys4(SYS_pread64, v->work->mem, &byte, 1, start + first * PAGE) !=
                 1 &&
             !sys_failed(sys3(SYS_mprotect, start, end - start, PROT_READ));
    save_unseen(v, a, start, end, v->map);
    if (closed)
        sys3(SYS_mprotect, start, end - start, a->prot);
}

static void save_slice(struct worker *v, struct ck_marea *a, uint64_t start,
                       uint64_t end)
{
    uint64_t pages = (end - start) / PAGE;
    long n;

    if (a->whole) {
        save_unseen(v, a, start, end, NULL);
        return;
    }
    n = sys4(SYS_pread64, v->work->pagemap, v->map, pages * 8,
             start / PAGE * 8);
    if (n != (long)(pages * 8)) {
        ck_imgw_fail(v->work->w, n < 0 ? (int)n : -EIO);
        return;
    }
    if (!(a->prot & PROT_READ)) {
        save_hidden(v, a, start, end);
        return;
    }
    for (uint64_t i = 0; i < pages; i++) {
        uint64_t addr = start + i * PAGE;

        if (!is_own(v->work, a, v->map[i], addr) ||
            (a->kind == CK_AREA_ANON && zero((const void *)addr)))
            continue;
        take(v, addr);
        if (!__atomic_load_n(&a->data, __ATOMIC_RELAXED))
            __atomic_store_n(&a->data, 1, __ATOMIC_RELAXED);
    }
}

static int worker_main(void *arg)
{
    struct worker *v = arg;
    struct work *k = v->work;
    struct ck_marea *a;
    uint64_t start, end;

    while (!ck_imgw_err(k->w) && next_slice(k, &a, &start, &end)) {
        save_slice(v, a, start, end);
        account(k, a, end - start);
    }
    flush(v);
    return 0;
}

/* One worker's memory: scratch, bounce buffer, page map, stack. */
#define WORKER_MEM                                                          \
    (sizeof(struct worker) + CK_IMGW_SCRATCH_SIZE + CK_BLOCK_RAW_MAX +      \
     SLICE_PAGES * 8 + WORKER_STACK + 4096)

static struct worker *make_worker(struct work *k, struct ck_work *mem,
                                  void **top)
{
    struct worker *v = ck_work_alloc(mem, sizeof *v);
    uint8_t *stack = ck_work_alloc(mem, WORKER_STACK);

    if (!v || !stack)
        return NULL;
    v->work = k;
    v->map = ck_work_alloc(mem, SLICE_PAGES * 8);
    v->bounce = ck_work_alloc(mem, CK_BLOCK_RAW_MAX);
    v->scratch = ck_work_alloc(mem, CK_IMGW_SCRATCH_SIZE);
    *top = stack + WORKER_STACK;
    return v->scratch ? v : NULL;
}

static void run_workers(struct work *k, unsigned threads, struct ck_work *mem)
{
    struct worker *v[CK_SAVE_THREADS] = {NULL};
    void *top;

    for (unsigned i = 0; i < threads; i++) {
        v[i] = make_worker(k, mem, &top);
        if (!v[i]) {
            ck_imgw_fail(k->w, -ENOMEM);
            break;
        }
        if (i == 0)
            continue;
        v[i]->alive = 1;
        if (ck_clone(CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND |
                         CLONE_THREAD | CLONE_SYSVSEM | CLONE_CHILD_CLEARTID,
                     top, NULL, &v[i]->alive, worker_main, v[i]) < 0)
            v[i]->alive = 0;
    }
    if (v[0])
        worker_main(v[0]);
    for (unsigned i = 1; i < threads; i++) {
        int32_t id;

        while (v[i] &&
               (id = __atomic_load_n(&v[i]->alive, __ATOMIC_ACQUIRE)) != 0) {
            struct timespec ts = {1, 0};

            sys4(SYS_futex, &v[i]->alive, CK_FUTEX_WAIT, id, &ts);
        }
    }
}

/* Guards in areas that have nothing to be saved. */
static void scan_empty(const struct work *k)
{
    for (uint32_t i = 0; i < k->m->n; i++) {
        const struct ck_marea *a = &k->m->a[i];

        if (ck_area_saved(a->kind) && a->early == k->early && !a->resident)
            ck_guard_scan(k->guards, k->pagemap, a->start, a->end);
    }
}

void ck_save_pages(struct ck_imgw *w, struct ck_imgw_stream *s,
                   struct ck_mareas *m, int early, unsigned threads,
                   struct ck_guards *guards, struct ck_progress *p)
{
    struct work k = {.w = w, .s = s, .m = m, .guards = guards, .p = p,
                     .early = early};
    struct ck_work mem;
    int r;

    if (threads < 1)
        threads = 1;
    if (threads > CK_SAVE_THREADS)
        threads = CK_SAVE_THREADS;
    r = ck_work_open(&mem, threads * WORKER_MEM);
    if (r) {
        ck_imgw_fail(w, r);
        return;
    }
    k.pagemap = (int)sys4(SYS_openat, AT_FDCWD, "/proc/thread-self/pagemap",
                          O_RDONLY | O_CLOEXEC, 0);
    k.mem = (int)sys4(SYS_openat, AT_FDCWD, "/proc/thread-self/mem",
                      O_RDONLY | O_CLOEXEC, 0);
    if (k.pagemap < 0 || k.mem < 0) {
        ck_imgw_fail(w, k.pagemap < 0 ? k.pagemap : k.mem);
    } else {
        scan_empty(&k);
        run_workers(&k, threads, &mem);
    }
    if (k.pagemap >= 0)
        sys1(SYS_close, k.pagemap);
    if (k.mem >= 0)
        sys1(SYS_close, k.mem);
    ck_work_close(&mem);
}
