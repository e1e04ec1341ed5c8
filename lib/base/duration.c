/* duration.c - see duration.h. */
#include "lib/base/duration.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define YEAR (366ull * 86400)

/* A number of at most 9 digits; moves *s behind it. -1: none. */
static long number(const char **s)
{
    long v = 0;
    int n = 0;

    while (isdigit((unsigned char)**s)) {
        if (++n > 9)
            return -1;
        v = v * 10 + (*(*s)++ - '0');
    }
    return n ? v : -1;
}

static int done(uint64_t v, uint32_t *seconds)
{
    if (v > YEAR)
        return -ERANGE;
    *seconds = (uint32_t)v;
    return 0;
}

int ck_duration_slurm(const char *s, uint32_t *seconds)
{
    uint64_t days = 0, f[3] = {0, 0, 0};
    int n = 0, has_days = 0;

    for (;;) {
        long v = number(&s);

        if (v < 0 || n == 3)
            return -EINVAL;
        if (*s == '-' && !has_days && n == 0) {
            has_days = 1;
            days = (uint64_t)v;
            s++;
            continue;
        }
        f[n++] = (uint64_t)v;
        if (!*s)
            break;
        if (*s++ != ':')
            return -EINVAL;
    }
    if (has_days) /* days-hours[:minutes[:seconds]] */
        return done(days * 86400 + f[0] * 3600 + f[1] * 60 + f[2], seconds);
    if (n == 3)
        return done(f[0] * 3600 + f[1] * 60 + f[2], seconds);
    return done(f[0] * 60 + f[1], seconds); /* minutes[:seconds] */
}

int ck_duration(const char *s, uint32_t *seconds)
{
    const char *p = s;
    long v;

    if (strchr(s, ':') || strchr(s, '-'))
        return ck_duration_slurm(s, seconds);
    v = number(&p);
    if (v < 0)
        return -EINVAL;
    if (!*p)
        return done((uint64_t)v, seconds);
    if (p[1])
        return -EINVAL;
    switch (*p) {
    case 's':
        return done((uint64_t)v, seconds);
    case 'm':
        return done((uint64_t)v * 60, seconds);
    case 'h':
        return done((uint64_t)v * 3600, seconds);
    case 'd':
        return done((uint64_t)v * 86400, seconds);
    default:
        return -EINVAL;
    }
}

void ck_duration_text(char *buf, size_t cap, double seconds)
{
    unsigned long s;

    if (!(seconds >= 0)) {
        snprintf(buf, cap, "?");
        return;
    }
    s = (unsigned long)(seconds + 0.5);
    if (seconds < 0.0995)
        snprintf(buf, cap, "%.0f ms", seconds * 1000);
    else if (seconds < 9.95)
        snprintf(buf, cap, "%.1f s", seconds);
    else if (s < 60)
        snprintf(buf, cap, "%lu s", s);
    else if (s < 3600)
        snprintf(buf, cap, "%lu min %02lu s", s / 60, s % 60);
    else if (s < 86400)
        snprintf(buf, cap, "%lu h %02lu min", s / 3600, s % 3600 / 60);
    else
        snprintf(buf, cap, "%lu d %02lu h", s / 86400, s % 86400 / 3600);
}

void ck_bytes_text(char *buf, size_t cap, uint64_t bytes)
{
    static const char *const unit[] = {"KiB", "MiB", "GiB", "TiB", "PiB"};
    double v = (double)bytes / 1024;
    unsigned u = 0;

    if (bytes < 1024) {
        snprintf(buf, cap, "%u B", (unsigned)bytes);
        return;
    }
    while (v >= 1023.95 && u < 4) {
        v /= 1024;
        u++;
    }
    snprintf(buf, cap, "%.1f %s", v, unit[u]);
}
