/*
 * deadline.c - relative timeouts that survive being stopped.
 *
 * A thread that a checkpoint stops in a blocking call makes that call again
 * afterwards. With a relative timeout it would start to wait from the
 * beginning: with checkpoints more frequent than the timeout, for ever. So
 * each such call notes its deadline in a record of its thread and gives the
 * kernel a timespec in that record; while the thread is parked the timespec
 * is set to what remains: of the deadline when the program runs on, of the
 * time that was left at the checkpoint when it is restarted.
 *
 * These are raw system calls: glibc hands the kernel a copy on its stack
 * (ppoll, pselect), which nobody could refresh. They stay cancellation
 * points the way glibc 2.36 makes them, by asynchronous cancellation around
 * the call. Infinite and zero timeouts, and invalid ones, go to libc.
 * Timeouts that the kernel keeps (SO_RCVTIMEO, timers) and absolute ones are
 * not touched. A call that is made again after a signal that the program is not
 * to notice (unseen.c) gets what remains in the same way.
 */
#include "runtime/interpose/peek.h"
#include "runtime/interpose/term.h"
#include "runtime/interpose/wrap.h"
#include "runtime/virt/sysv.h"

#include <linux/futex.h>

struct record {
    int active;
    clockid_t clock;
    struct timespec end;  /* on that clock */
    struct timespec ts;   /* what the kernel reads */
    struct timespec left; /* when the thread was parked */
};

static __thread struct record record;

#define NS 1000000000L
#define TOO_LONG 1000000000 /* seconds; as good as infinite */

int ck_finite(const struct timespec *t)
{
    return ck_rt.enabled && t && (t->tv_sec > 0 || t->tv_nsec > 0) &&
           t->tv_sec >= 0 && t->tv_sec < TOO_LONG && t->tv_nsec >= 0 &&
           t->tv_nsec < NS;
}

/* Where libc leaves the look to the kernel. */
#define finite(t) (ck_finite_asked(t, ck_on_stack(t)))

int ck_finite_asked(const struct timespec *t, int there)
{
    return ck_rt.enabled && t && (there || ck_readable(t, sizeof(*t))) &&
           ck_finite(t);
}

static struct timespec sum(struct timespec a, struct timespec b)
{
    struct timespec r = {a.tv_sec + b.tv_sec, a.tv_nsec + b.tv_nsec};

    if (r.tv_nsec >= NS) {
        r.tv_nsec -= NS;
        r.tv_sec++;
    }
    return r;
}

/* a - b, not less than zero. */
static struct timespec rest(struct timespec a, struct timespec b)
{
    struct timespec r = {a.tv_sec - b.tv_sec, a.tv_nsec - b.tv_nsec};

    if (r.tv_nsec < 0) {
        r.tv_nsec += NS;
        r.tv_sec--;
    }
    if (r.tv_sec < 0)
        r = (struct timespec){0, 0};
    return r;
}

void ck_deadline_parked(void)
{
    struct timespec now;

    if (!record.active)
        return;
    if (sys2(SYS_clock_gettime, record.clock, &now) == 0)
        record.left = rest(record.end, now);
    else
        record.left = record.ts;
}

void ck_deadline_resumed(int restarted)
{
    struct timespec now;

    if (!record.active)
        return;
    if (sys2(SYS_clock_gettime, record.clock, &now) == 0) {
        if (restarted)
            record.end = sum(now, record.left);
        else
            record.left = rest(record.end, now);
    }
    record.ts = record.left;
}

void ck_deadline_again(void)
{
    ck_deadline_parked();
    ck_deadline_resumed(0);
}

/* A handler that sleeps while it interrupts such a call finds the record in
 * use, and leaves it as it was. */
long ck_timed(long nr, long args[6], int slot, const struct timespec *t,
              struct timespec *left, clockid_t clock, int cancel)
{
    struct timespec want = *t, now; /* left may be the same as t */
    struct record outer;
    int type;
    long r;

    outer.active = record.active;
    if (outer.active) {
        outer = record;
        record.active = 0;
    }
    LIBC(clock_gettime)(clock, &now);
    record.clock = clock;
    record.end = sum(now, want);
    record.ts = want;
    args[slot] = (long)&record.ts;
    if (cancel)
        LIBC(pthread_setcanceltype)(PTHREAD_CANCEL_ASYNCHRONOUS, &type);
    __atomic_store_n(&record.active, 1, __ATOMIC_RELEASE);
    r = ck_syscall6(nr, args[0], args[1], args[2], args[3], args[4], args[5]);
    __atomic_store_n(&record.active, 0, __ATOMIC_RELEASE);
    if (cancel)
        LIBC(pthread_setcanceltype)(type, NULL);
    if (left && nr == SYS_rt_sigtimedwait &&
        sys2(SYS_clock_gettime, clock, &now) == 0)
        record.ts = rest(record.end, now); /* the kernel doesn't tell */
    if (left)
        *left = record.ts;
    if (outer.active)
        record = outer;
    return r;
}

/* ---- sleeping ---- */

static long sleep_for(clockid_t clock, clockid_t against,
                      const struct timespec *req, struct timespec *rem)
{
    long args[6] = {clock, 0, 0, (long)rem};

    return ck_timed(SYS_clock_nanosleep, args, 2, req, NULL, against, 1);
}

typedef int sleeper(const struct timespec *req, struct timespec *rem);

static int sleep_by(sleeper *other, const struct timespec *req,
                    struct timespec *rem)
{
    if (!finite(req))
        return other(req, rem);
    return (int)ck_ret(sleep_for(CLOCK_REALTIME, CLOCK_MONOTONIC, req, rem));
}

int nanosleep(const struct timespec *req, struct timespec *rem)
{
    return sleep_by(REAL(nanosleep), req, rem);
}

int __nanosleep(const struct timespec *req, struct timespec *rem)
{
    return sleep_by(LIBC(nanosleep), req, rem);
}

static int sleeps_by(clockid_t clock)
{
    return clock == CLOCK_REALTIME || clock == CLOCK_MONOTONIC ||
           clock == CLOCK_BOOTTIME || clock == CLOCK_TAI;
}

int clock_nanosleep(clockid_t clock, int flags, const struct timespec *req,
                    struct timespec *rem)
{
    clockid_t against = clock == CLOCK_BOOTTIME ? clock : CLOCK_MONOTONIC;

    if (flags || !sleeps_by(clock) || !finite(req))
        return REAL(clock_nanosleep)(clock, flags, req, rem);
    return (int)-sleep_for(clock, against, req, rem);
}

int usleep(useconds_t usec)
{
    struct timespec t = {usec / 1000000, (long)(usec % 1000000) * 1000};

    if (!ck_finite(&t))
        return REAL(usleep)(usec);
    return sleep_by(LIBC(nanosleep), &t, NULL);
}

unsigned int sleep(unsigned int seconds)
{
    struct timespec t = {(time_t)seconds, 0};
    int saved = errno;

    if (!ck_finite(&t))
        return REAL(sleep)(seconds);
    if (sleep_by(LIBC(nanosleep), &t, &t) < 0)
        return (unsigned int)t.tv_sec;
    errno = saved;
    return 0;
}

int thrd_sleep(const struct timespec *req, struct timespec *rem)
{
    long r;

    if (!finite(req))
        return REAL(thrd_sleep)(req, rem);
    r = sleep_for(CLOCK_REALTIME, CLOCK_MONOTONIC, req, rem);
    return r == 0 ? 0 : r == -EINTR ? -1 : -2;
}

/* ---- waiting for descriptors ---- */

#define LOOK_FIRST 16 /* descriptors */

static struct timespec of_ms(int ms)
{
    return (struct timespec){ms / 1000, ms % 1000 * 1000000L};
}

/* What is ready already needs no deadline, and ppoll costs half as much
 * again as poll: so a look first, where looking is cheap. */
typedef int poller(struct pollfd *fds, nfds_t n, int timeout);

static int poll_by(poller *other, struct pollfd *fds, nfds_t n, int timeout)
{
    struct timespec t = of_ms(timeout);
    long args[6] = {(long)fds, (long)n, 0, 0, _NSIG / 8};

    if (!ck_finite(&t))
        return other(fds, n, timeout);
    if (n - 1 < LOOK_FIRST) {
        int r = other(fds, n, 0);

        if (r)
            return r;
    }
    return (int)ck_ret(
        ck_timed(SYS_ppoll, args, 2, &t, NULL, CLOCK_MONOTONIC, 1));
}

int poll(struct pollfd *fds, nfds_t n, int timeout)
{
    return poll_by(REAL(poll), fds, n, timeout);
}

int __poll(struct pollfd *fds, nfds_t n, int timeout)
{
    return poll_by(LIBC(poll), fds, n, timeout);
}

int __poll_chk(struct pollfd *fds, nfds_t n, int timeout, size_t size)
{
    if (!ck_rt.enabled || size / sizeof(*fds) < n)
        return REAL(__poll_chk)(fds, n, timeout, size);
    return poll_by(LIBC(poll), fds, n, timeout);
}

typedef int ppoller(struct pollfd *fds, nfds_t n,
                    const struct timespec *timeout, const sigset_t *mask);

static int ppoll_by(ppoller *other, struct pollfd *fds, nfds_t n,
                    const struct timespec *timeout, const sigset_t *mask)
{
    long args[6] = {(long)fds, (long)n, 0, (long)mask, _NSIG / 8};

    if (!ck_finite(timeout))
        return other(fds, n, timeout, mask);
    return (int)ck_ret(
        ck_timed(SYS_ppoll, args, 2, timeout, NULL, CLOCK_MONOTONIC, 1));
}

int ppoll(struct pollfd *fds, nfds_t n, const struct timespec *timeout,
          const sigset_t *mask)
{
    return ppoll_by(REAL(ppoll), fds, n, timeout, mask);
}

int __ppoll_chk(struct pollfd *fds, nfds_t n, const struct timespec *timeout,
                const sigset_t *mask, size_t size)
{
    if (!ck_rt.enabled || size / sizeof(*fds) < n)
        return REAL(__ppoll_chk)(fds, n, timeout, mask, size);
    return ppoll_by(LIBC(ppoll), fds, n, timeout, mask);
}

typedef int selecter(int n, fd_set *r, fd_set *w, fd_set *x,
                     struct timeval *timeout);

static int select_by(selecter *other, int n, fd_set *r, fd_set *w, fd_set *x,
                     struct timeval *timeout)
{
    long args[6] = {n, (long)r, (long)w, (long)x, 0, 0};
    struct timespec t, left;
    long ret;

    if (!timeout || timeout->tv_sec < 0 || timeout->tv_usec < 0)
        return other(n, r, w, x, timeout);
    t.tv_sec = timeout->tv_sec + timeout->tv_usec / 1000000;
    t.tv_nsec = timeout->tv_usec % 1000000 * 1000;
    if (!ck_finite(&t))
        return other(n, r, w, x, timeout);
    ret = ck_timed(SYS_pselect6, args, 4, &t, &left, CLOCK_MONOTONIC, 1);
    timeout->tv_sec = left.tv_sec;
    timeout->tv_usec = left.tv_nsec / 1000;
    return (int)ck_ret(ret);
}

int select(int n, fd_set *r, fd_set *w, fd_set *x, struct timeval *timeout)
{
    return select_by(REAL(select), n, r, w, x, timeout);
}

int __select(int n, fd_set *r, fd_set *w, fd_set *x, struct timeval *timeout)
{
    return select_by(LIBC(select), n, r, w, x, timeout);
}

int pselect(int n, fd_set *r, fd_set *w, fd_set *x,
            const struct timespec *timeout, const sigset_t *mask)
{
    struct {
        const sigset_t *mask;
        size_t size;
    } sig = {mask, _NSIG / 8};
    long args[6] = {n, (long)r, (long)w, (long)x, 0, (long)&sig};

    if (!ck_finite(timeout))
        return REAL(pselect)(n, r, w, x, timeout, mask);
    return (int)ck_ret(
        ck_timed(SYS_pselect6, args, 4, timeout, NULL, CLOCK_MONOTONIC, 1));
}

/* Where a sandbox forbids epoll_pwait2 the milliseconds go to libc, and a
 * checkpoint starts them anew. */
typedef int epoll_waiter(int epfd, struct epoll_event *ev, int max,
                         int timeout, const sigset_t *mask);

static int epoll_by(epoll_waiter *other, int epfd, struct epoll_event *ev,
                    int max, int timeout, const sigset_t *mask)
{
    static int absent;
    struct timespec t = of_ms(timeout);
    long args[6] = {epfd, (long)ev, max, 0, (long)mask, _NSIG / 8};
    long r;

    if (absent || !ck_finite(&t))
        return other(epfd, ev, max, timeout, mask);
    if (!mask) {
        int ready = LIBC(epoll_wait)(epfd, ev, max, 0);

        if (ready)
            return ready;
    }
    r = ck_timed(SYS_epoll_pwait2, args, 3, &t, NULL, CLOCK_MONOTONIC, 1);
    if (r != -ENOSYS && r != -EPERM)
        return (int)ck_ret(r);
    absent = r == -ENOSYS;
    return other(epfd, ev, max, timeout, mask);
}

int epoll_pwait(int epfd, struct epoll_event *ev, int max, int timeout,
                const sigset_t *mask)
{
    return epoll_by(REAL(epoll_pwait), epfd, ev, max, timeout, mask);
}

int epoll_wait(int epfd, struct epoll_event *ev, int max, int timeout)
{
    if (timeout <= 0 || !ck_rt.enabled)
        return REAL(epoll_wait)(epfd, ev, max, timeout);
    return epoll_by(LIBC(epoll_pwait), epfd, ev, max, timeout, NULL);
}

int epoll_pwait2(int epfd, struct epoll_event *ev, int max,
                 const struct timespec *timeout, const sigset_t *mask)
{
    long args[6] = {epfd, (long)ev, max, 0, (long)mask, _NSIG / 8};

    if (!finite(timeout))
        return REAL(epoll_pwait2)(epfd, ev, max, timeout, mask);
    return (int)ck_ret(ck_timed(SYS_epoll_pwait2, args, 3, timeout, NULL,
                                CLOCK_MONOTONIC, 1));
}

/* What waits for another process's deed has a number in the window. */
static long semtimed(const long a[6], const struct timespec *timeout)
{
    long args[6] = {0, a[1], a[2]}, r;

    if (!finite(timeout))
        return ck_sysv_call(SYS_semtimedop, a);
    ck_busy();
    args[0] = ck_sysv_in(CK_SYSV_SEM, (int)a[0]);
    ck_sysv_note(CK_SYSV_SEM, (int)args[0]);
    r = ck_timed(SYS_semtimedop, args, 3, timeout, NULL, CLOCK_MONOTONIC, 0);
    ck_idle();
    return r;
}

int semtimedop(int id, struct sembuf *ops, size_t n,
               const struct timespec *timeout)
{
    const long a[6] = {id, (long)ops, (long)n, (long)timeout};

    if (!ck_rt.enabled)
        return REAL(semtimedop)(id, ops, n, timeout);
    return (int)ck_ret(semtimed(a, timeout));
}

/* ---- waiting for signals ---- */

/* A SIGTERM that is kept back is not what was waited for. */
long ck_sigtimedwait(const long a[6], int cancel)
{
    const struct timespec *t = (const struct timespec *)a[2];
    long args[6] = {a[0], a[1], a[2], a[3]}, r;
    int limited = finite(t), type;
    struct timespec left;
    siginfo_t own;

    if (limited)
        left = *t;
    if (!a[1])
        args[1] = (long)&own;
    do {
        if (limited) {
            r = ck_timed(SYS_rt_sigtimedwait, args, 2, &left, &left,
                         CLOCK_MONOTONIC, cancel);
            continue;
        }
        if (cancel)
            LIBC(pthread_setcanceltype)(PTHREAD_CANCEL_ASYNCHRONOUS, &type);
        r = sys4(SYS_rt_sigtimedwait, args[0], args[1], args[2], args[3]);
        if (cancel)
            LIBC(pthread_setcanceltype)(type, NULL);
    } while (r == SIGTERM && ck_term_keep((siginfo_t *)args[1]));
    return r;
}

/* ---- by syscall() ---- */

/* The kernel writes into the timespec of ppoll and pselect6 what is left; if
 * it can't, it is no error. */
static long by_timespec(long nr, long a[6], int slot)
{
    struct timespec *t = (struct timespec *)a[slot], left;
    long r;

    if (!finite(t))
        return ck_syscall6(nr, a[0], a[1], a[2], a[3], a[4], a[5]);
    r = ck_timed(nr, a, slot, t, &left, CLOCK_MONOTONIC, 0);
    if ((nr == SYS_ppoll || nr == SYS_pselect6) && ck_writable(t, sizeof *t))
        *t = left;
    return r;
}

static long by_timeval(long a[6])
{
    struct timeval *v = (struct timeval *)a[4];
    struct timespec t, left;
    long r;

    if (v && !ck_writable(v, sizeof *v))
        v = NULL;
    if (v)
        t = (struct timespec){v->tv_sec + v->tv_usec / 1000000,
                              v->tv_usec % 1000000 * 1000};
    if (!v || v->tv_sec < 0 || v->tv_usec < 0 || !ck_finite(&t))
        return sys5(SYS_select, a[0], a[1], a[2], a[3], a[4]);
    a[5] = 0;
    r = ck_timed(SYS_pselect6, a, 4, &t, &left, CLOCK_MONOTONIC, 0);
    *v = (struct timeval){left.tv_sec, left.tv_nsec / 1000};
    return r;
}

static long by_ms(long nr, long a[6])
{
    struct timespec t = of_ms((int)(nr == SYS_poll ? a[2] : a[3]));
    long args[6] = {a[0], a[1], 0, 0, _NSIG / 8}, r;

    if (!ck_finite(&t))
        return ck_syscall6(nr, a[0], a[1], a[2], a[3], a[4], a[5]);
    if (nr == SYS_poll)
        return ck_timed(SYS_ppoll, args, 2, &t, NULL, CLOCK_MONOTONIC, 0);
    args[2] = a[2];
    args[4] = nr == SYS_epoll_pwait ? a[4] : 0;
    args[5] = nr == SYS_epoll_pwait ? a[5] : 0;
    r = ck_timed(SYS_epoll_pwait2, args, 3, &t, NULL, CLOCK_MONOTONIC, 0);
    return r == -ENOSYS || r == -EPERM
               ? ck_syscall6(nr, a[0], a[1], a[2], a[3], a[4], a[5])
               : r;
}

static long by_sleep(long nr, long a[6])
{
    clockid_t clock = nr == SYS_nanosleep ? CLOCK_MONOTONIC : (clockid_t)a[0];
    const struct timespec *t =
        (const struct timespec *)(nr == SYS_nanosleep ? a[0] : a[2]);
    long args[6] = {clock, 0, 0, nr == SYS_nanosleep ? a[1] : a[3]};

    if ((nr == SYS_clock_nanosleep && a[1]) || !sleeps_by(clock) ||
        !finite(t))
        return sys4(nr, a[0], a[1], a[2], a[3]);
    return ck_timed(SYS_clock_nanosleep, args, 2, t, NULL,
                    clock == CLOCK_BOOTTIME ? clock : CLOCK_MONOTONIC, 0);
}

long ck_timed_call(long nr, long a[6])
{
    switch (nr) {
    case SYS_ppoll:
        return by_timespec(nr, a, 2);
    case SYS_epoll_pwait2:
        return by_timespec(nr, a, 3);
    case SYS_pselect6:
        return by_timespec(nr, a, 4);
    case SYS_select:
        return by_timeval(a);
    case SYS_poll:
    case SYS_epoll_wait:
    case SYS_epoll_pwait:
        return by_ms(nr, a);
    case SYS_nanosleep:
    case SYS_clock_nanosleep:
        return by_sleep(nr, a);
    case SYS_semtimedop:
        return semtimed(a, (const struct timespec *)a[3]);
    default: /* SYS_futex; of its waits only this one's timeout is relative */
        if ((a[1] & FUTEX_CMD_MASK) == FUTEX_WAIT)
            return by_timespec(nr, a, 3);
        return ck_syscall6(nr, a[0], a[1], a[2], a[3], a[4], a[5]);
    }
}
