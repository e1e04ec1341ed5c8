/*
 * guard.c - see guard.h. pagemap shows guards from Linux 6.15 on; before,
 * they look like swapped pages, but can't be had (MADV_POPULATE_READ, which
 * reading them would have done anyway). Where an area has nothing else in it,
 * the kernel is asked for them alone (PAGEMAP_SCAN, 6.16).
 */
#include "runtime/mem/guard.h"

#include <errno.h>
#include <sys/mman.h>

#include "lib/sys/syscall.h"
#include "runtime/mem/scan.h"
#include "runtime/thread.h"

#define PAGE 4096u
#define PM_PRESENT (1ull << 63)
#define PM_SWAPPED (1ull << 62)
#define PM_GUARD (1ull << 58)
#define POPULATE_READ 22   /* MADV_POPULATE_READ */
#define AT_A_TIME 32

static void note(struct ck_guards *g, uint64_t addr, uint64_t len)
{
    struct ck_run *last;

    while (__atomic_exchange_n(&g->lock, 1, __ATOMIC_ACQUIRE))
        ck_futex_wait(&g->lock, 1, 10);
    last = g->n ? &g->range[g->n - 1] : NULL;
    if (last && last->addr + last->len == addr)
        last->len += len;
    else if (g->n == CK_GUARDS_MAX)
        g->err = -EOVERFLOW;
    else
        g->range[g->n++] = (struct ck_run){addr, len};
    __atomic_store_n(&g->lock, 0, __ATOMIC_RELEASE);
    ck_futex_wake(&g->lock, 1);
}

int ck_guard_is(struct ck_guards *g, uint64_t entry, uint64_t addr)
{
    if ((entry & PM_PRESENT) || !(entry & PM_SWAPPED) ||
        (!(entry & PM_GUARD) &&
         sys3(SYS_madvise, addr, PAGE, POPULATE_READ) != -EFAULT))
        return 0;
    note(g, addr, PAGE);
    return 1;
}

void ck_guard_scan(struct ck_guards *g, int pagemap, uint64_t start,
                   uint64_t end)
{
    struct ck_page_range r[AT_A_TIME];
    long n;

    while (start < end &&
           (n = ck_page_scan(pagemap, &start, end, CK_PAGE_GUARD, r,
                             AT_A_TIME, 0)) > 0)
        for (long i = 0; i < n; i++)
            note(g, r[i].start, r[i].end - r[i].start);
}

int ck_guard_put(const struct ck_guards *g, struct ck_imgw *w)
{
    struct ck_guard_list list = {.ranges = {g->range,
                                            g->n * sizeof *g->range}};

    if (g->err || !g->n)
        return g->err;
    return CK_IMGW_RECORD(w, CK_TAG_GUARDS, ck_guard_list, &list);
}
