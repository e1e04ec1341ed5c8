/*
 * proc.c - /proc/<number>/... with the number as the program knows it, and
 * /proc/.../task/<number>. Only absolute paths that begin so are looked at,
 * and only once there is a table; what stands inside the files is the
 * kernel's (docs/limits.md). A path that would become too long is used as
 * it is.
 */
#include "runtime/interpose/path.h"

#include <string.h>

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

const char *ck_path_translate(const char *path, char *buf, size_t cap)
{
    const char *p = path + sizeof(CK_PROC) - 1;
    char *out = buf + sizeof(CK_PROC) - 1;
    size_t n;

    memcpy(buf, CK_PROC, sizeof(CK_PROC) - 1);
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
