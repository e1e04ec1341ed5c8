/* log.c - see log.h. The only state here is where the lines go. */
#include "lib/base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/env.h"

static struct {
    int fd; /* -1: stderr */
    int also_stderr;
    char name[32];
} out = {-1, 0, "ckpt"};

void ck_log_stderr(const char *prefix)
{
    if (out.fd >= 0)
        close(out.fd);
    out.fd = -1;
    snprintf(out.name, sizeof(out.name), "%s", prefix);
}

int ck_log_file(const char *path, const char *name)
{
    int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW,
                  0600);

    if (fd < 0)
        return -errno;
    if (out.fd >= 0)
        close(out.fd);
    out.fd = fd;
    snprintf(out.name, sizeof(out.name), "%s", name);
    return 0;
}

void ck_log_also_stderr(int on)
{
    out.also_stderr = on;
}

/* One write, whole or not at all; control characters (a file name may have
 * any) must not forge a second line. */
static void line(int fd, char *buf, size_t n, size_t cap)
{
    if (n > cap - 2)
        n = cap - 2;
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)buf[i] < 0x20 || buf[i] == 0x7f)
            buf[i] = '?';
    buf[n] = '\n';
    if (write(fd, buf, n + 1) < 0)
        return;
}

static void to_stderr(const char *text)
{
    char buf[2300];
    int n = snprintf(buf, sizeof(buf), "%s: %s", out.name, text);

    line(2, buf, n < 0 ? 0 : (size_t)n, sizeof(buf));
}

static void to_file(const char *text)
{
    char buf[2300];
    struct timespec now;
    struct tm tm;
    size_t n;
    int m;

    clock_gettime(CLOCK_REALTIME, &now);
    localtime_r(&now.tv_sec, &tm);
    n = strftime(buf, sizeof(buf), "%Y-%m-%dT%H:%M:%S", &tm);
    m = snprintf(buf + n, sizeof(buf) - n, ".%03ld %s[%d] %s",
                 now.tv_nsec / 1000000, out.name, (int)getpid(), text);
    line(out.fd, buf, n + (m < 0 ? 0 : (size_t)m), sizeof(buf));
}

void ck_vlog(const char *fmt, va_list ap)
{
    int saved = errno;
    char text[2048];

    vsnprintf(text, sizeof(text), fmt, ap);
    if (out.fd >= 0)
        to_file(text);
    if (out.fd < 0 || out.also_stderr)
        to_stderr(text);
    errno = saved;
}

void ck_log(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    ck_vlog(fmt, ap);
    va_end(ap);
}

void ck_debug(const char *fmt, ...)
{
    va_list ap;

    if (!ck_env(CK_ENV_DEBUG))
        return;
    va_start(ap, fmt);
    ck_vlog(fmt, ap);
    va_end(ap);
}
