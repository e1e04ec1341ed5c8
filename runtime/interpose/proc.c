/*
 * proc.c - /proc/<number>/... with the number as the program knows it, and
 * /proc/.../task/<number>. Only absolute paths that begin so are looked at,
 * and only once there is a table; what stands inside the files is the
 * kernel's (docs/limits.md). A path that would become too long is used as
 * it is.
 */
#include "runtime/interpose/wrap.h"

#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <string.h>

#include "lib/sys/fmt.h"

#define PROC "/proc/"

/* Copies a number at *p, translated, to *out; both move on. */
static int number(const char **p, char **out, const char *end)
{
    const char *s = *p;
    uint64_t v = ck_parse_u64(&s, 10);
    int n;

    if (s == *p || s - *p > 9 || (*s && *s != '/') || end - *out < 12)
        return -EINVAL;
    n = ck_fmt(*out, 12, "%d", ck_in((pid_t)v));
    *out += n;
    *p = s;
    return 0;
}

static const char *translate(const char *path, char *buf, size_t cap)
{
    const char *p = path + sizeof(PROC) - 1;
    char *out = buf + sizeof(PROC) - 1;
    size_t n;

    memcpy(buf, PROC, sizeof(PROC) - 1);
    if (number(&p, &out, buf + cap) < 0) {
        if (!ck_starts(p, "self/task/"))
            return path;
        memcpy(out, "self", 4);
        out += 4;
        p += 4;
    }
    if (ck_starts(p, "/task/")) {
        memcpy(out, "/task/", 6);
        out += 6;
        p += 6;
        (void)number(&p, &out, buf + cap); /* "/task/" alone is a path too */
    }
    n = strlen(p) + 1;
    if (n > (size_t)(buf + cap - out))
        return path;
    memcpy(out, p, n);
    return buf;
}

static inline int concerned(const char *path)
{
    return __builtin_expect(ck_virt_active, 0) && path && path[0] == '/' &&
           path[1] == 'p' && ck_starts(path, PROC) &&
           ((path[6] >= '0' && path[6] <= '9') || path[6] == 's');
}

/* The call with `p` being what `path` has become. */
#define WITH_PATH(type, p, call)                                            \
    char buf[PATH_MAX];                                                     \
    const char *p = path;                                                   \
    type r;                                                                 \
                                                                            \
    if (!concerned(path))                                                   \
        return call;                                                        \
    ck_busy();                                                              \
    p = translate(path, buf, sizeof(buf));                                  \
    r = call;                                                               \
    ck_idle();                                                              \
    return r

static mode_t mode_of(int flags, va_list ap)
{
    return (flags & O_CREAT) || (flags & O_TMPFILE) == O_TMPFILE
               ? va_arg(ap, mode_t)
               : 0;
}

#define MODE(flags)                                                         \
    va_list ap;                                                             \
    mode_t mode;                                                            \
                                                                            \
    va_start(ap, flags);                                                    \
    mode = mode_of(flags, ap);                                              \
    va_end(ap)

int open(const char *path, int flags, ...)
{
    MODE(flags);
    WITH_PATH(int, p, REAL(open)(p, flags, mode));
}
CK_ALIAS(__open, open);

int open64(const char *path, int flags, ...)
{
    MODE(flags);
    WITH_PATH(int, p, REAL(open64)(p, flags, mode));
}
CK_ALIAS(__open64, open64);

int openat(int dirfd, const char *path, int flags, ...)
{
    MODE(flags);
    WITH_PATH(int, p, REAL(openat)(dirfd, p, flags, mode));
}

int openat64(int dirfd, const char *path, int flags, ...)
{
    MODE(flags);
    WITH_PATH(int, p, REAL(openat64)(dirfd, p, flags, mode));
}

int __open_2(const char *path, int flags)
{
    WITH_PATH(int, p, REAL(__open_2)(p, flags));
}

int __open64_2(const char *path, int flags)
{
    WITH_PATH(int, p, REAL(__open64_2)(p, flags));
}

int __openat_2(int dirfd, const char *path, int flags)
{
    WITH_PATH(int, p, REAL(__openat_2)(dirfd, p, flags));
}

int __openat64_2(int dirfd, const char *path, int flags)
{
    WITH_PATH(int, p, REAL(__openat64_2)(dirfd, p, flags));
}

FILE *fopen(const char *path, const char *mode)
{
    WITH_PATH(FILE *, p, REAL(fopen)(p, mode));
}

FILE *fopen64(const char *path, const char *mode)
{
    WITH_PATH(FILE *, p, REAL(fopen64)(p, mode));
}

DIR *opendir(const char *path)
{
    WITH_PATH(DIR *, p, REAL(opendir)(p));
}

int stat(const char *path, struct stat *st)
{
    WITH_PATH(int, p, REAL(stat)(p, st));
}

int stat64(const char *path, struct stat64 *st)
{
    WITH_PATH(int, p, REAL(stat64)(p, st));
}

int lstat(const char *path, struct stat *st)
{
    WITH_PATH(int, p, REAL(lstat)(p, st));
}

int lstat64(const char *path, struct stat64 *st)
{
    WITH_PATH(int, p, REAL(lstat64)(p, st));
}

int fstatat(int dirfd, const char *path, struct stat *st, int flags)
{
    WITH_PATH(int, p, REAL(fstatat)(dirfd, p, st, flags));
}

int fstatat64(int dirfd, const char *path, struct stat64 *st, int flags)
{
    WITH_PATH(int, p, REAL(fstatat64)(dirfd, p, st, flags));
}

/* Programs linked with glibc before 2.33. */
int __xstat(int ver, const char *path, struct stat *st)
{
    WITH_PATH(int, p, REAL(__xstat)(ver, p, st));
}

int __xstat64(int ver, const char *path, struct stat64 *st)
{
    WITH_PATH(int, p, REAL(__xstat64)(ver, p, st));
}

int __lxstat(int ver, const char *path, struct stat *st)
{
    WITH_PATH(int, p, REAL(__lxstat)(ver, p, st));
}

int __lxstat64(int ver, const char *path, struct stat64 *st)
{
    WITH_PATH(int, p, REAL(__lxstat64)(ver, p, st));
}

int __fxstatat(int ver, int dirfd, const char *path, struct stat *st,
               int flags)
{
    WITH_PATH(int, p, REAL(__fxstatat)(ver, dirfd, p, st, flags));
}

int __fxstatat64(int ver, int dirfd, const char *path, struct stat64 *st,
                 int flags)
{
    WITH_PATH(int, p, REAL(__fxstatat64)(ver, dirfd, p, st, flags));
}

int statx(int dirfd, const char *path, int flags, unsigned int mask,
          struct statx *st)
{
    WITH_PATH(int, p, REAL(statx)(dirfd, p, flags, mask, st));
}

/* /proc/self is a link whose text is our number. */
static ssize_t self_link(char *buf, size_t size)
{
    char text[16];
    int n = ck_fmt(text, sizeof(text), "%d", getpid());

    if ((size_t)n > size)
        n = (int)size;
    memcpy(buf, text, (size_t)n);
    return n;
}

static int is_self(const char *path, const char *buf, size_t size)
{
    return ck_virt_active && path && buf && size &&
           ck_streq(path, "/proc/self");
}

ssize_t readlink(const char *path, char *out, size_t size)
{
    if (is_self(path, out, size))
        return self_link(out, size);
    WITH_PATH(ssize_t, p, REAL(readlink)(p, out, size));
}

ssize_t readlinkat(int dirfd, const char *path, char *out, size_t size)
{
    if (is_self(path, out, size))
        return self_link(out, size);
    WITH_PATH(ssize_t, p, REAL(readlinkat)(dirfd, p, out, size));
}

ssize_t __readlink_chk(const char *path, char *out, size_t size, size_t cap)
{
    if (is_self(path, out, size) && size <= cap)
        return self_link(out, size);
    WITH_PATH(ssize_t, p, REAL(__readlink_chk)(p, out, size, cap));
}

ssize_t __readlinkat_chk(int dirfd, const char *path, char *out, size_t size,
                         size_t cap)
{
    if (is_self(path, out, size) && size <= cap)
        return self_link(out, size);
    WITH_PATH(ssize_t, p, REAL(__readlinkat_chk)(dirfd, p, out, size, cap));
}

int access(const char *path, int mode)
{
    WITH_PATH(int, p, REAL(access)(p, mode));
}

int faccessat(int dirfd, const char *path, int mode, int flags)
{
    WITH_PATH(int, p, REAL(faccessat)(dirfd, p, mode, flags));
}
