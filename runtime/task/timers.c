/*
 * timers.c - interval timers and POSIX timers, with the time that was left.
 *
 * POSIX timers are listed in /proc/self/timers. A program knows a timer by
 * its number, so it must get the same one again: by
 * PR_TIMER_CREATE_RESTORE_IDS where the kernel has it (6.17), else by making
 * and deleting timers until the number comes up.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>

#include "lib/sys/fmt.h"
#include "lib/sys/syscall.h"
#include "runtime/task/task.h"
#include "runtime/thread.h"

#define TIMERS_MAX 256
#define RESTORE_IDS 77 /* PR_TIMER_CREATE_RESTORE_IDS */
#define ID_TRIES 100000

struct timer {
    int32_t id, clock, signo, notify;
    int32_t tid; /* virtual; SIGEV_THREAD_ID only */
    uint64_t value;
    struct itimerspec left;
};

static struct {
    struct itimerval real[3];
    uint32_t n;
    struct timer t[TIMERS_MAX];
} saved;

/* The number behind `key` in the text at p, up to the next timer. */
static const char *field(const char *p, const char *end, const char *key)
{
    size_t n = strlen(key);

    for (; p + n < end; p++)
        if (!memcmp(p, key, n))
            return p + n;
    return NULL;
}

static int64_t number(const char *p)
{
    int minus = *p == '-';
    uint64_t v;

    p += minus;
    v = ck_parse_u64(&p, 10);
    return minus ? -(int64_t)v : (int64_t)v;
}

static int parse_one(const char *p, const char *end, struct timer *t)
{
    const char *sig = field(p, end, "signal: ");
    const char *notify = field(p, end, "notify: ");
    const char *clock = field(p, end, "ClockID: ");
    const char *who;

    if (!sig || !notify || !clock)
        return -EPROTO;
    t->id = (int32_t)number(p);
    t->signo = (int32_t)number(sig);
    while (*sig != '/' && sig < end)
        sig++;
    sig++;
    if (ck_starts(sig, "0x"))
        sig += 2;
    t->value = ck_parse_u64(&sig, 16);
    t->clock = (int32_t)number(clock);
    t->notify = ck_starts(notify, "none")     ? SIGEV_NONE
                : ck_starts(notify, "thread") ? SIGEV_THREAD
                                              : SIGEV_SIGNAL;
    who = field(notify, end, "/tid.");
    if (who && who < clock) {
        t->notify = SIGEV_THREAD_ID;
        t->tid = ck_virt_of((int32_t)number(who));
    }
    return 0;
}

static int read_posix(char *why, size_t cap)
{
    static char text[48 * 1024];
    long n = ck_read_file("/proc/self/timers", text, sizeof text);
    const char *p = text;

    saved.n = 0;
    if (n == -ENOENT || n == 0)
        return 0;
    if (n < 0) {
        ck_fmt(why, cap, "/proc/self/timers can't be read (error %ld)", -n);
        return (int)n;
    }
    if (!ck_starts(text, "ID: "))
        return 0;
    for (p = text + 4; p;) {
        const char *next = field(p, text + n, "\nID: ");
        struct timer *t = &saved.t[saved.n];

        if (saved.n == TIMERS_MAX) {
            ck_fmt(why, cap, "more than %d POSIX timers", TIMERS_MAX);
            return -E2BIG;
        }
        memset(t, 0, sizeof *t);
        if (parse_one(p, next ? next : text + n, t) ||
            sys2(SYS_timer_gettime, t->id, &t->left) < 0) {
            ck_fmt(why, cap, "POSIX timer %d can't be read", t->id);
            return -EPROTO;
        }
        saved.n++;
        p = next;
    }
    return 0;
}

int ck_timers_save(char *why, size_t cap)
{
    for (int i = 0; i < 3; i++)
        sys2(SYS_getitimer, i, &saved.real[i]);
    return read_posix(why, cap);
}

static int64_t real_us(const struct itimerval *v)
{
    return v->it_value.tv_sec * 1000000 + v->it_value.tv_usec;
}

static int64_t posix_ns(const struct itimerspec *v)
{
    return v->it_value.tv_sec * 1000000000 + v->it_value.tv_nsec;
}

static int moved(int64_t before, int64_t now)
{
    return before && (!now || now > before);
}

int ck_timers_moved(void)
{
    int yes = 0;

    for (int i = 0; i < 3; i++) {
        int64_t before = real_us(&saved.real[i]);

        sys2(SYS_getitimer, i, &saved.real[i]);
        yes |= moved(before, real_us(&saved.real[i]));
    }
    for (uint32_t i = 0; i < saved.n; i++) {
        struct timer *t = &saved.t[i];
        int64_t before = posix_ns(&t->left);

        sys2(SYS_timer_gettime, t->id, &t->left);
        yes |= moved(before, posix_ns(&t->left));
    }
    return yes;
}

static int create(struct timer *t)
{
    struct sigevent ev;
    int32_t id = t->id;
    int by_id = sys5(SYS_prctl, RESTORE_IDS, 1, 0, 0, 0) == 0;
    long r = -EAGAIN;

    memset(&ev, 0, sizeof ev);
    ev.sigev_signo = t->signo;
    ev.sigev_notify = t->notify;
    ev.sigev_value.sival_ptr = (void *)(uintptr_t)t->value;
    if (t->notify == SIGEV_THREAD_ID)
        ev._sigev_un._tid = ck_real_of(t->tid);
    for (int i = 0; i < ID_TRIES; i++) {
        r = sys3(SYS_timer_create, t->clock, &ev, &id);
        if (r < 0 || id == t->id)
            break;
        sys1(SYS_timer_delete, id);
        r = -EAGAIN;
    }
    if (by_id)
        sys5(SYS_prctl, RESTORE_IDS, 0, 0, 0, 0);
    return (int)r;
}

/* An interval and nothing left: it has run out, and goes on when its signal,
 * which is still pending, is taken. Set like this it would be off. */
static void set_interval(int which, struct itimerval v)
{
    if (!v.it_value.tv_sec && !v.it_value.tv_usec)
        v.it_value = v.it_interval;
    sys3(SYS_setitimer, which, &v, NULL);
}

int ck_timers_restore(enum ck_stage stage, char *why, size_t cap)
{
    for (int i = 0; stage == CK_STAGE_LATE && i < 3; i++)
        set_interval(i, saved.real[i]);
    /* The newest is the first in the list. Made in that order, the ids would
     * go down, and a kernel that can't be asked for one only counts up. */
    for (uint32_t i = saved.n; stage == CK_STAGE_LATE && i-- > 0;) {
        struct timer *t = &saved.t[i];
        int r = create(t);

        if (r) {
            ck_fmt(why, cap, "POSIX timer %d can't be made again (error %d)",
                   t->id, -r);
            return r;
        }
        sys4(SYS_timer_settime, t->id, 0, &t->left, NULL);
    }
    return 0;
}
