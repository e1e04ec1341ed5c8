/*
 * cputime.c - clocks of processor time, which the kernel begins anew in a
 * restarted process: what had been used before is added.
 *
 * Programs subtract two readings, or stop when so much is used up; a clock
 * that went back would surprise both. In a process that was never restarted
 * what is added is zero. A fork child begins at zero, as ever.
 */
#include "runtime/interpose/wrap.h"

#include "runtime/cputime.h"

/* The clock of the calling process, as clock_getcpuclockid has it. */
#define OWN_CLOCK ((clockid_t)-6)
#define USER_HZ 100 /* the kernel's, for programs, on every machine */

static struct ck_cputime process, children; /* added */
static __thread struct ck_cputime thread;
static struct ck_cputime saved[2];

static int64_t micros(const struct timeval *t)
{
    return (int64_t)t->tv_sec * 1000000 + t->tv_usec;
}

static void read_kernel(struct ck_cputime *c, int who, clockid_t clock)
{
    struct rusage ru;
    struct timespec t = {0, 0};

    memset(&ru, 0, sizeof ru);
    sys2(SYS_getrusage, who, &ru);
    if (who != RUSAGE_CHILDREN)
        sys2(SYS_clock_gettime, clock, &t);
    c->clock_ns = (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
    c->user_us = micros(&ru.ru_utime);
    c->system_us = micros(&ru.ru_stime);
}

static void add(struct ck_cputime *to, const struct ck_cputime *c, int sign)
{
    to->clock_ns += sign * c->clock_ns;
    to->user_us += sign * c->user_us;
    to->system_us += sign * c->system_us;
}

/* What has to be added so that the kernel's reading of now becomes `total`. */
static void go_on_from(struct ck_cputime *added, int who, clockid_t clock,
                       const struct ck_cputime *total)
{
    struct ck_cputime now;

    read_kernel(&now, who, clock);
    *added = *total;
    add(added, &now, -1);
}

void ck_cputime_forget(void)
{
    memset(&process, 0, sizeof process);
    memset(&children, 0, sizeof children);
    memset(&thread, 0, sizeof thread);
}

void ck_cputime_parked(struct ck_cputime *total)
{
    read_kernel(total, RUSAGE_THREAD, CLOCK_THREAD_CPUTIME_ID);
    add(total, &thread, 1);
}

void ck_cputime_resumed(const struct ck_cputime *total)
{
    go_on_from(&thread, RUSAGE_THREAD, CLOCK_THREAD_CPUTIME_ID, total);
}

int ck_cputime_save(char *why, size_t cap)
{
    (void)why;
    (void)cap;
    read_kernel(&saved[0], RUSAGE_SELF, CLOCK_PROCESS_CPUTIME_ID);
    read_kernel(&saved[1], RUSAGE_CHILDREN, 0);
    add(&saved[0], &process, 1);
    add(&saved[1], &children, 1);
    return 0;
}

int ck_cputime_restore(enum ck_stage stage, char *why, size_t cap)
{
    (void)why;
    (void)cap;
    if (stage != CK_STAGE_LATE)
        return 0;
    go_on_from(&process, RUSAGE_SELF, CLOCK_PROCESS_CPUTIME_ID, &saved[0]);
    go_on_from(&children, RUSAGE_CHILDREN, 0, &saved[1]);
    return 0;
}

static void move(struct timeval *t, int64_t us)
{
    us += micros(t);
    t->tv_sec = us / 1000000;
    t->tv_usec = us % 1000000;
}

static int go_on(clockid_t clock, struct timespec *t, int r)
{
    int64_t ns;

    if (__builtin_expect(clock != CLOCK_PROCESS_CPUTIME_ID &&
                             clock != CLOCK_THREAD_CPUTIME_ID &&
                             clock != OWN_CLOCK, 1) || r)
        return r;
    ns = clock == CLOCK_THREAD_CPUTIME_ID ? thread.clock_ns
                                          : process.clock_ns;
    ns += (int64_t)t->tv_sec * 1000000000 + t->tv_nsec;
    t->tv_sec = ns / 1000000000;
    t->tv_nsec = ns % 1000000000;
    return 0;
}

int clock_gettime(clockid_t clock, struct timespec *t)
{
    return go_on(clock, t, REAL(clock_gettime)(clock, t));
}

clock_t clock(void)
{
    const clockid_t used = CLOCK_PROCESS_CPUTIME_ID;
    struct timespec t;

    if (go_on(used, &t, LIBC(clock_gettime)(used, &t)))
        return (clock_t)-1;
    return t.tv_sec * CLOCKS_PER_SEC + t.tv_nsec / (1000000000 / CLOCKS_PER_SEC);
}

static int go_on_using(__rusage_who_t who, struct rusage *ru, int r)
{
    const struct ck_cputime *c = who == RUSAGE_SELF       ? &process
                                 : who == RUSAGE_CHILDREN ? &children
                                                          : &thread;

    if (r == 0) {
        move(&ru->ru_utime, c->user_us);
        move(&ru->ru_stime, c->system_us);
    }
    return r;
}

int getrusage(__rusage_who_t who, struct rusage *ru)
{
    return go_on_using(who, ru, REAL(getrusage)(who, ru));
}

static int used_by(__rusage_who_t who, struct rusage *ru)
{
    return go_on_using(who, ru, LIBC(getrusage)(who, ru));
}

/* Counted in ticks; what is added is not a whole number of them. */
clock_t times(struct tms *buf)
{
    clock_t now = REAL(times)(buf);
    const long tick = 1000000 / USER_HZ;
    struct rusage self, reaped;

    if (now == (clock_t)-1 || !buf || used_by(RUSAGE_SELF, &self) ||
        used_by(RUSAGE_CHILDREN, &reaped))
        return now;
    buf->tms_utime = micros(&self.ru_utime) / tick;
    buf->tms_stime = micros(&self.ru_stime) / tick;
    buf->tms_cutime = micros(&reaped.ru_utime) / tick;
    buf->tms_cstime = micros(&reaped.ru_stime) / tick;
    return now;
}
