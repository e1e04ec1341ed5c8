/*
 * timer.c - a timer that signals one thread names it by number. The kernel
 * keeps the thread, not the number, and the core makes the timer anew at a
 * restart.
 *
 * libc's SIGEV_THREAD is such a timer. The first one starts a thread of libc's
 * that waits for all of them, and whose number libc keeps in its own data, for
 * later ones: after a restart it has to be another. Where it stands nobody
 * tells. So libc's data is compared before and after such a call: what has
 * become the number of another thread of this process is it. Nothing is
 * stopped meanwhile, as numbers are in the window of wrap.h. Where nothing
 * has, libc has begun before us, or does without (from 2.42 on).
 */
#include "runtime/interpose/wrap.h"

#include <link.h>
#include <string.h>
#include <sys/mman.h>

#include "runtime/interpose/peek.h"
#include "runtime/resume.h"
#include "runtime/thread.h"

#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id _sigev_un._tid
#endif

static int32_t *helper; /* in libc's data, once it is known */

/* What libc may write to. */
struct data {
    const char *code; /* in libc */
    int32_t *at;
    size_t n;
};

static int find_data(struct dl_phdr_info *info, size_t size, void *arg)
{
    struct data *d = arg;
    int found = 0;

    (void)size;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *p = &info->dlpi_phdr[i];
        char *from = (char *)(info->dlpi_addr + p->p_vaddr);

        if (p->p_type != PT_LOAD)
            continue;
        if (d->code >= from && d->code < from + p->p_memsz)
            found = 1;
        if (p->p_flags & PF_W) {
            d->at = (int32_t *)(((uintptr_t)from + 3) & ~3ul);
            d->n = (p->p_memsz - ((uintptr_t)d->at - (uintptr_t)from)) /
                   sizeof(*d->at);
        }
    }
    return found;
}

static int is_thread_of_ours(int32_t tid)
{
    return tid > 0 && tid != ck_gettid() && tid != ck_getpid() &&
           sys3(SYS_tgkill, ck_getpid(), tid, 0) == 0;
}

static int create_first(clockid_t clock, struct sigevent *ev, timer_t *timer)
{
    struct data d = {.code = (const char *)LIBC(timer_create)};
    int32_t *before;
    size_t bytes;
    long p;
    int r;

    if (!LIBC(dl_iterate_phdr)(find_data, &d))
        return LIBC(timer_create)(clock, ev, timer);
    bytes = d.n * sizeof(*d.at);
    p = sys6(SYS_mmap, 0, bytes, PROT_READ | PROT_WRITE,
             MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (sys_failed(p))
        return LIBC(timer_create)(clock, ev, timer);
    before = (int32_t *)p;
    memcpy(before, d.at, bytes);
    r = LIBC(timer_create)(clock, ev, timer);
    for (size_t i = 0; i < d.n && !helper; i++) {
        int32_t now = __atomic_load_n(&d.at[i], __ATOMIC_RELAXED);

        if (now != before[i] && is_thread_of_ours(now))
            helper = &d.at[i];
    }
    sys2(SYS_munmap, p, bytes);
    return r;
}

void ck_timer_renumber(int32_t old, int32_t fresh)
{
    if (helper && *helper == old)
        *helper = fresh;
}

static struct sigevent *named(struct sigevent *ev, struct sigevent *copy)
{
    if (!ck_virt_active || !(ev->sigev_notify & SIGEV_THREAD_ID))
        return ev;
    *copy = *ev;
    copy->sigev_notify_thread_id = ck_in(ev->sigev_notify_thread_id);
    return copy;
}

int timer_create(clockid_t clock, struct sigevent *ev, timer_t *timer)
{
    struct sigevent copy;
    int r;

    ck_busy();
    if (ev && ev->sigev_notify == SIGEV_THREAD && !helper)
        r = create_first(clock, ev, timer);
    else
        r = REAL(timer_create)(clock, ev ? named(ev, &copy) : ev, timer);
    ck_idle();
    return r;
}

long ck_timer_call(const long a[6])
{
    struct sigevent *ev = (struct sigevent *)a[1], copy;
    long r;

    ck_busy();
    if (ev && ck_readable(ev, sizeof *ev))
        ev = named(ev, &copy);
    r = sys3(SYS_timer_create, a[0], ev, a[2]);
    ck_idle();
    return r;
}
