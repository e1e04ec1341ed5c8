/* Claim: an absolute timerfd stays one; on the clock of the day it expires
 * at its time. */
#include "claim.h"

#include <poll.h>
#include <sys/timerfd.h>
#include <time.h>

#ifndef TFD_TIMER_CANCEL_ON_SET
#define TFD_TIMER_CANCEL_ON_SET 2
#endif

static struct timespec at(int clock, long s)
{
    struct timespec t;

    clock_gettime(clock, &t);
    t.tv_sec += s;
    return t;
}

static int set(int clock, int flags, struct timespec t)
{
    int fd = timerfd_create(clock, TFD_NONBLOCK);
    struct itimerspec v = {.it_value = t};

    CHECK(fd >= 0);
    CHECK_EQ(timerfd_settime(fd, TFD_TIMER_ABSTIME | flags, &v, NULL), 0);
    return fd;
}

/* What the kernel says that was asked for, and how much is left. */
static unsigned flags_of(int fd)
{
    char path[64], text[512] = "", *p;
    int info;

    snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
    info = open(path, O_RDONLY);
    CHECK(read(info, text, sizeof(text) - 1) > 0);
    close(info);
    p = strstr(text, "settime flags: ");
    CHECK(p);
    return (unsigned)strtoul(p + 15, NULL, 8);
}

static int64_t left(int fd)
{
    struct itimerspec v;

    CHECK_EQ(timerfd_gettime(fd, &v), 0);
    return v.it_value.tv_sec * 1000000000ll + v.it_value.tv_nsec;
}

int main(void)
{
    struct timespec day = at(CLOCK_REALTIME, 500), soon, now;
    int real = set(CLOCK_REALTIME, TFD_TIMER_CANCEL_ON_SET, day);
    int mono = set(CLOCK_MONOTONIC, 0, at(CLOCK_MONOTONIC, 700)), near;
    int64_t l;

    soon = at(CLOCK_REALTIME, 0);
    soon.tv_nsec += 200000000; /* may be over when it is restarted */
    soon.tv_sec += soon.tv_nsec / 1000000000;
    soon.tv_nsec %= 1000000000;
    near = set(CLOCK_REALTIME, 0, soon);
    claim_ready();
    claim_wait();
    BREAK(day.tv_sec += 10);
    clock_gettime(CLOCK_REALTIME, &now);
    l = left(real) - ((day.tv_sec - now.tv_sec) * 1000000000ll +
                      day.tv_nsec - now.tv_nsec);
    CHECK(l < 200000000 && l > -200000000);
    CHECK_EQ(flags_of(real), TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET);
    CHECK_EQ(flags_of(mono), TFD_TIMER_ABSTIME);
    CHECK(left(mono) < 700000000000 && left(mono) > 500000000000);
    CHECK_EQ(poll(&(struct pollfd){.fd = near, .events = POLLIN}, 1, 5000), 1);
    clock_gettime(CLOCK_REALTIME, &now);
    CHECK(now.tv_sec > soon.tv_sec || (now.tv_sec == soon.tv_sec &&
                                       now.tv_nsec >= soon.tv_nsec));
    claim_pass();
}
