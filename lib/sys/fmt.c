/* fmt.c - see fmt.h. */
#include "lib/sys/fmt.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "lib/sys/syscall.h"


struct out {
    char *p;
    size_t cap;
    size_t len;
};

static void put(struct out *o, char c)
{
    if (o->len + 1 < o->cap)
        o->p[o->len] = c;
    o->len++;
}

static void put_str(struct out *o, const char *s)
{
    for (s = s ? s : "(none)"; *s; s++)
        put(o, *s);
}

static void put_num(struct out *o, uint64_t v, unsigned base)
{
    char tmp[24];
    unsigned n = 0;

    do {
        unsigned d = (unsigned)(v % base);

        tmp[n++] = (char)(d < 10 ? '0' + d : 'a' + d - 10);
        v /= base;
    } while (v);
    while (n)
        put(o, tmp[--n]);
}

/* One conversion; `wide` after an l or z. */
static void convert(struct out *o, char c, int wide, va_list *ap)
{
    int64_t d;

    switch (c) {
    case 's':
        put_str(o, va_arg(*ap, const char *));
        break;
    case 'c':
        put(o, (char)va_arg(*ap, int));
        break;
    case 'd':
        d = wide ? va_arg(*ap, long) : va_arg(*ap, int);
        if (d < 0)
            put(o, '-');
        put_num(o, d < 0 ? 0 - (uint64_t)d : (uint64_t)d, 10);
        break;
    case 'u':
    case 'x':
        put_num(o, wide ? va_arg(*ap, unsigned long) : va_arg(*ap, unsigned),
                c == 'x' ? 16 : 10);
        break;
    default:
        put(o, c);
    }
}

int ck_vfmt(char *buf, size_t cap, const char *fmt, va_list ap)
{
    struct out o = {buf, cap, 0};
    va_list copy;

    va_copy(copy, ap);
    for (; *fmt; fmt++) {
        int wide = 0;

        if (*fmt != '%') {
            put(&o, *fmt);
            continue;
        }
        fmt++;
        if (*fmt == 'l' || *fmt == 'z') {
            wide = 1;
            fmt++;
        }
        if (!*fmt)
            break;
        convert(&o, *fmt, wide, &copy);
    }
    va_end(copy);
    if (cap)
        buf[o.len < cap ? o.len : cap - 1] = '\0';
    return o.len < cap ? (int)o.len : -ENAMETOOLONG;
}

int ck_fmt(char *buf, size_t cap, const char *fmt, ...)
{
    va_list ap;
    int n;

    va_start(ap, fmt);
    n = ck_vfmt(buf, cap, fmt, ap);
    va_end(ap);
    return n;
}

size_t ck_strlen(const char *s)
{
    size_t n = 0;

    while (s[n])
        n++;
    return n;
}

int ck_streq(const char *a, const char *b)
{
    while (*a && *a == *b) {
        a++;
        b++;
    }
    return *a == *b;
}

int ck_starts(const char *s, const char *prefix)
{
    while (*prefix && *s == *prefix) {
        s++;
        prefix++;
    }
    return !*prefix;
}

uint64_t ck_parse_u64(const char **p, unsigned base)
{
    uint64_t v = 0;

    for (;; (*p)++) {
        unsigned d;
        char c = **p;

        if (c >= '0' && c <= '9')
            d = (unsigned)(c - '0');
        else if (base == 16 && c >= 'a' && c <= 'f')
            d = (unsigned)(c - 'a' + 10);
        else if (base == 16 && c >= 'A' && c <= 'F')
            d = (unsigned)(c - 'A' + 10);
        else
            return v;
        v = v * base + d;
    }
}

long ck_read_file(const char *path, char *buf, size_t cap)
{
    long fd = sys4(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
    size_t len = 0;
    long n = 0;

    if (fd < 0)
        return fd;
    while (len < cap) {
        n = sys3(SYS_read, fd, buf + len, cap - len);
        if (n == -EINTR)
            continue;
        if (n <= 0)
            break;
        len += (size_t)n;
    }
    sys1(SYS_close, fd);
    if (n < 0)
        return n;
    if (len == cap)
        return -EFBIG;
    buf[len] = '\0';
    return (long)len;
}

uint64_t ck_read_number(const char *path, const char *key, unsigned base,
                        uint64_t otherwise)
{
    char buf[4096];
    const char *p;

    if (ck_read_file(path, buf, sizeof buf) < 0 || !(p = strstr(buf, key)))
        return otherwise;
    p += ck_strlen(key);
    return ck_parse_u64(&p, base);
}

/* All n bytes by system call nr, at `off` if that takes one; `end`: what it
 * means that there is no more. */
static long whole(long nr, int fd, uintptr_t p, size_t n, uint64_t off,
                  long end)
{
    while (n) {
        long k = sys4(nr, fd, p, n, off);

        if (k == -EINTR)
            continue;
        if (k <= 0)
            return k ? k : end;
        p += (size_t)k;
        n -= (size_t)k;
        off += (uint64_t)k;
    }
    return 0;
}

long ck_write_all(int fd, const void *p, size_t n)
{
    return whole(SYS_write, fd, (uintptr_t)p, n, 0, -EIO);
}

long ck_pwrite_all(int fd, const void *p, size_t n, uint64_t off)
{
    return whole(SYS_pwrite64, fd, (uintptr_t)p, n, off, -EIO);
}

long ck_read_all(int fd, void *p, size_t n)
{
    return whole(SYS_read, fd, (uintptr_t)p, n, 0, -ENODATA);
}

long ck_pread_all(int fd, void *p, size_t n, uint64_t off)
{
    return whole(SYS_pread64, fd, (uintptr_t)p, n, off, -ENODATA);
}
