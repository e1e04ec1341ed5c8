/*
 * timerfd.c - a timer that is read: its clock, when it expires next and how
 * often, and expirations that nobody has read yet.
 *
 * What is left of its time goes on at a restart, also for an absolute one on
 * a clock that counts from the boot, which may be another boot by then. An
 * absolute one on the clock of the day expires when its time has come.
 *
 * An interval timer that has expired stands still in the kernel until it is
 * read or asked for; so it is asked first, which changes nothing that can be
 * read from it, and fdinfo is looked at after that.
 */
#include "lib/res/kind.h"

#include <fcntl.h>
#include <inttypes.h>
#include <linux/types.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define SET_TICKS _IOW('T', 0, __u64)
#define SECOND 1000000000u

/* flags: TFD_TIMER_*. value: nanoseconds until it expires, or since 1970 when
 * it is absolute on the clock of the day; 0: it is not armed. */
#define BODY_FIELDS(F) \
    F(I32, clock) F(U32, flags) F(U64, ticks) F(U64, value) F(U64, interval)
CK_RECORD(timerfd_body, BODY_FIELDS)
CK_RES_BODY(timerfd_body, "a timerfd")

static int timerfd_match(const struct ck_res_ofd *o)
{
    return !strcmp(o->link, "anon_inode:[timerfd]");
}

static int of_the_day(const struct timerfd_body *b)
{
    return (b->flags & TFD_TIMER_ABSTIME) &&
           (b->clock == CLOCK_REALTIME || b->clock == CLOCK_REALTIME_ALARM);
}

/* The clocks that wake the machine cannot always be read. */
static uint64_t now(int clock)
{
    struct timespec t = {0};

    clock_gettime(clock == CLOCK_BOOTTIME_ALARM ? CLOCK_BOOTTIME : clock, &t);
    return (uint64_t)t.tv_sec * SECOND + (uint64_t)t.tv_nsec;
}

static int parse(const char *info, struct timerfd_body *b)
{
    const char *p = info ? strstr(info, "clockid:") : NULL;
    uint64_t v[4];

    if (!p || sscanf(p, "clockid: %d ticks: %" SCNu64 " settime flags: %o "
                        "it_value: (%" SCNu64 ", %" SCNu64 ") "
                        "it_interval: (%" SCNu64 ", %" SCNu64 ")",
                     &b->clock, &b->ticks, &b->flags, &v[0], &v[1], &v[2],
                     &v[3]) != 7)
        return -EIO;
    b->value = v[0] * SECOND + v[1];
    b->interval = v[2] * SECOND + v[3];
    b->flags &= TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET;
    return 0;
}

/* was: as it was when the descriptors were listed. One whose time is over
 * but that has not rung yet looks as if it were not armed: it is waited for,
 * a second at most. */
static int look(int fd, const struct timerfd_body *was, struct timerfd_body *b)
{
    struct itimerspec v;
    char path[64], text[1024];
    ssize_t n;
    int info, rc;

    for (int again = 0; again < 2; again++) {
        if (timerfd_gettime(fd, &v) < 0)
            return -errno;
        snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
        info = open(path, O_RDONLY | O_CLOEXEC);
        n = info < 0 ? -1 : read(info, text, sizeof(text) - 1);
        if (info >= 0)
            close(info);
        if (n < 0)
            return -errno;
        text[n] = '\0';
        rc = parse(text, b);
        if (rc || b->value || b->ticks || !was->value)
            return rc;
        poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, 1000);
    }
    return b->interval ? -EAGAIN : 0;
}

static int timerfd_save(struct ck_res_save *c, const struct ck_res_ofd *o,
                        struct ck_wr *w)
{
    struct timerfd_body b = {0}, was;
    int rc = parse(o->info, &was), fd = -1;

    if (!rc)
        fd = rc = ck_res_take(o);
    if (fd >= 0) {
        rc = look(fd, &was, &b);
        close(fd);
    }
    if (rc)
        return ck_res_why(c->why, c->whycap, rc,
                          "a timerfd that can't be looked at: %s",
                          strerror(-rc));
    /* One-shot, still running, and yet to be read: the clock was set. */
    if ((b.flags & TFD_TIMER_CANCEL_ON_SET) && b.ticks && b.value &&
        !b.interval)
        return ck_res_why(c->why, c->whycap, -EAGAIN,
                          "a timerfd that has been cancelled by a change of "
                          "the clock, which was not read yet");
    if (b.value && of_the_day(&b))
        b.value += now(CLOCK_REALTIME);
    timerfd_body_put(w, &b);
    return 0;
}

/* The clock may need a privilege (CAP_WAKE_ALARM), ticks need a kernel made
 * for it. */
static int timerfd_check(struct ck_res_load *c, const struct ck_ofd *rec)
{
    struct timerfd_body b;
    uint64_t one = 1;
    int fd, rc = timerfd_body_of(c, rec, &b);

    if (rc)
        return rc;
    fd = timerfd_create(b.clock, TFD_CLOEXEC);
    if (fd < 0)
        return ck_res_why(c->why, c->whycap, -errno,
                          "a timer on clock %d%s: %s", b.clock,
                          errno == EPERM ? ", which wakes the machine; this "
                                           "needs CAP_WAKE_ALARM"
                                         : "",
                          strerror(errno));
    if (b.ticks && ioctl(fd, SET_TICKS, &one) < 0)
        rc = ck_res_why(c->why, c->whycap, -errno,
                        "a timer that has expired and was not read: this "
                        "kernel can't put that back "
                        "(CONFIG_CHECKPOINT_RESTORE): %s", strerror(errno));
    close(fd);
    return rc;
}

static struct timespec spec(uint64_t ns)
{
    return (struct timespec){(time_t)(ns / SECOND), (long)(ns % SECOND)};
}

static int timerfd_load(struct ck_res_load *c, const struct ck_ofd *rec)
{
    struct timerfd_body b;
    int flags = TFD_CLOEXEC | (rec->flags & O_NONBLOCK ? TFD_NONBLOCK : 0);
    int rc = timerfd_body_of(c, rec, &b), fd, ok;
    struct itimerspec v;

    if (rc)
        return rc;
    if (b.value && !of_the_day(&b) && (b.flags & TFD_TIMER_ABSTIME))
        b.value += now(b.clock);
    v.it_value = spec(b.value);
    v.it_interval = spec(b.interval);
    fd = timerfd_create(b.clock, flags);
    ok = fd >= 0;
    if (ok && b.value)
        ok = !timerfd_settime(fd, (int)b.flags, &v, NULL);
    if (ok && b.ticks)
        ok = !ioctl(fd, SET_TICKS, &b.ticks);
    if (ok)
        return fd;
    rc = ck_res_why(c->why, c->whycap, -errno, "can't make a timerfd: %s",
                    strerror(errno));
    if (fd >= 0)
        close(fd);
    return rc;
}

static void timerfd_describe(const struct ck_ofd *rec, char *buf, size_t cap)
{
    struct timerfd_body b;
    size_t n;

    if (timerfd_body_of(NULL, rec, &b)) {
        snprintf(buf, cap, "?");
        return;
    }
    n = (size_t)snprintf(buf, cap, "timerfd on clock %d, ", b.clock);
    if (!b.value)
        n += (size_t)snprintf(buf + n, cap - n, "not armed");
    else
        n += (size_t)snprintf(buf + n, cap - n, "%s %.3f s",
                              of_the_day(&b) ? "at" : "in",
                              (double)b.value / 1e9);
    if (b.interval && n < cap)
        n += (size_t)snprintf(buf + n, cap - n, ", every %.3f s",
                              (double)b.interval / 1e9);
    if (b.ticks && n < cap)
        snprintf(buf + n, cap - n, ", %" PRIu64 " not read", b.ticks);
}

const struct ck_res ck_res_timerfd = {
    .name = "timerfd",
    .inner = 1,
    .match = timerfd_match,
    .save = timerfd_save,
    .check = timerfd_check,
    .load = timerfd_load,
    .describe = timerfd_describe,
};
