/*
 * former.c - see former.h. A sorted list in a mapping of its own, which is
 * part of the image like all of our data. It is replaced only where no thread
 * of the program runs; a number that several threads have had is the last
 * one's.
 */
#include "runtime/virt/former.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "lib/sys/syscall.h"
#include "runtime/thread.h"

struct former {
    int32_t was, vtid;
};

CK_HIDDEN uint32_t ck_formers;

static struct former *list;
static size_t room; /* bytes of the mapping */

static uint32_t lower(const struct former *f, uint32_t n, int32_t was)
{
    uint32_t lo = 0, hi = n;

    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;

        if (f[mid].was < was)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

/* The slots by their number now, or by the program's; nearly all come in
 * order. */
static uint32_t sort_slots(struct former *f, int by_vtid)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < ck_threads.n; i++) {
        const struct ck_slot *t = &ck_threads.slot[i];
        int32_t key = by_vtid ? t->vtid : t->tid;
        uint32_t at = lower(f, n, key);

        if (!t->tid)
            continue;
        memmove(f + at + 1, f + at, (n - at) * sizeof *f);
        f[at] = (struct former){key, t->vtid};
        n++;
    }
    return n;
}

static int lives(const struct former *by_vtid, uint32_t n, int32_t vtid)
{
    uint32_t at = lower(by_vtid, n, vtid);

    return at < n && by_vtid[at].was == vtid;
}

int ck_former_note(void)
{
    uint32_t most = ck_formers + ck_threads.n, n = 0, old = 0, fresh, there;
    size_t size = (most + 2 * (size_t)ck_threads.n) * sizeof(struct former);
    struct former *to, *slots, *vtids;
    long p = sys6(SYS_mmap, NULL, size, PROT_READ | PROT_WRITE,
                  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (sys_failed(p))
        return -ENOMEM;
    to = (struct former *)p;
    slots = to + most;
    vtids = slots + ck_threads.n;
    fresh = sort_slots(slots, 0);
    there = sort_slots(vtids, 1);
    for (uint32_t i = 0; i < fresh || old < ck_formers;) {
        if (i < fresh && (old == ck_formers || slots[i].was <= list[old].was)) {
            old += old < ck_formers && slots[i].was == list[old].was;
            to[n++] = slots[i++];
        } else {
            if (lives(vtids, there, list[old].vtid))
                to[n++] = list[old];
            old++;
        }
    }
    if (list)
        sys2(SYS_munmap, list, room);
    list = to;
    room = size;
    ck_formers = n;
    return 0;
}

void ck_former_forget(void)
{
    ck_formers = 0;
}

int32_t ck_former_of(int32_t was)
{
    uint32_t at = lower(list, ck_formers, was);

    return at < ck_formers && list[at].was == was ? list[at].vtid : 0;
}

int32_t ck_former_now(int32_t was)
{
    int32_t vtid = was ? ck_former_of(was) : 0;

    if (!vtid || sys3(SYS_tgkill, ck_getpid(), was, 0) == 0)
        return 0;
    return ck_real_of(vtid);
}
