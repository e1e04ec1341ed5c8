/*
 * proc.c - /proc/<number>/... with the number as the program knows it, and
 * /proc/.../task/<number>. Only absolute paths that begin so are looked at,
 * and only once there is a table; what stands inside the files is the
 * kernel's (docs/limits.md). A path that would become too long is used as
 * it is.
 */
#include "runtime/interpose/path.h"

#include <string.h>

#include "runtime/interpose/peek.h"

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

int ck_path_asked(const char *path)
{
    struct ck_look l = {NULL, NULL};

    return ck_look_string(&l, path, sizeof(CK_PROC)) == sizeof(CK_PROC) &&
           ck_path_concerned(path) &&
           ck_look_string(&l, path, PATH_MAX) >= 0;
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
    WITH_PATH(DIR *, p, NEXT(opendir)(p));
}

int stat(const char *path, struct stat *st)
{
    ASK_PATH(int, p, NEXT(stat)(p, st));
}

int stat64(const char *path, struct stat64 *st)
{
    ASK_PATH(int, p, NEXT(stat64)(p, st));
}

int lstat(const char *path, struct stat *st)
{
    ASK_PATH(int, p, NEXT(lstat)(p, st));
}

int lstat64(const char *path, struct stat64 *st)
{
    ASK_PATH(int, p, NEXT(lstat64)(p, st));
}

int fstatat(int dirfd, const char *path, struct stat *st, int flags)
{
    ASK_PATH(int, p, NEXT(fstatat)(dirfd, p, st, flags));
}

int fstatat64(int dirfd, const char *path, struct stat64 *st, int flags)
{
    ASK_PATH(int, p, NEXT(fstatat64)(dirfd, p, st, flags));
}

/* Programs linked with glibc before 2.33. */
int __xstat(int ver, const char *path, struct stat *st)
{
    ASK_PATH(int, p, NEXT(__xstat)(ver, p, st));
}

int __xstat64(int ver, const char *path, struct stat64 *st)
{
    ASK_PATH(int, p, NEXT(__xstat64)(ver, p, st));
}

int __lxstat(int ver, const char *path, struct stat *st)
{
    ASK_PATH(int, p, NEXT(__lxstat)(ver, p, st));
}

int __lxstat64(int ver, const char *path, struct stat64 *st)
{
    ASK_PATH(int, p, NEXT(__lxstat64)(ver, p, st));
}

int __fxstatat(int ver, int dirfd, const char *path, struct stat *st,
               int flags)
{
    ASK_PATH(int, p, NEXT(__fxstatat)(ver, dirfd, p, st, flags));
}

int __fxstatat64(int ver, int dirfd, const char *path, struct stat64 *st,
                 int flags)
{
    ASK_PATH(int, p, NEXT(__fxstatat64)(ver, dirfd, p, st, flags));
}

int statx(int dirfd, const char *path, int flags, unsigned int mask,
          struct statx *st)
{
    ASK_PATH(int, p, NEXT(statx)(dirfd, p, flags, mask, st));
}

/* /proc/self is a link whose text is our number. The call, which has put the
 * kernel's there, returned r. */
static ssize_t self_link(const char *path, char *buf, size_t size, ssize_t r)
{
    char text[16];
    int n;

    if (r <= 0 || __builtin_expect(!ck_virt_active, 1) ||
        !ck_streq(path, "/proc/self"))
        return r;
    n = ck_fmt(text, sizeof(text), "%d", getpid());
    if ((size_t)n > size)
        n = (int)size;
    if (n > r && !ck_writable(buf, (size_t)n)) {
        errno = EFAULT;
        return -1;
    }
    memcpy(buf, text, (size_t)n);
    return n;
}

ssize_t readlink(const char *path, char *out, size_t size)
{
    ASK_PATH(ssize_t, p, self_link(p, out, size, NEXT(readlink)(p, out, size)));
}

ssize_t readlinkat(int dirfd, const char *path, char *out, size_t size)
{
    ASK_PATH(ssize_t, p, self_link(p, out, size,
                                   NEXT(readlinkat)(dirfd, p, out, size)));
}

ssize_t __readlink_chk(const char *path, char *out, size_t size, size_t cap)
{
    ASK_PATH(ssize_t, p, self_link(p, out, size,
                                   NEXT(__readlink_chk)(p, out, size, cap)));
}

ssize_t __readlinkat_chk(int dirfd, const char *path, char *out, size_t size,
                         size_t cap)
{
    ASK_PATH(ssize_t, p,
             self_link(p, out, size,
                       NEXT(__readlinkat_chk)(dirfd, p, out, size, cap)));
}

int access(const char *path, int mode)
{
    ASK_PATH(int, p, NEXT(access)(p, mode));
}

int faccessat(int dirfd, const char *path, int mode, int flags)
{
    ASK_PATH(int, p, NEXT(faccessat)(dirfd, p, mode, flags));
}

long ck_path_call(long nr, long a[6], int slot)
{
    const char *path = (const char *)a[slot];
    char buf[PATH_MAX];
    long r;

    if (!ck_virt_active || !ck_path_asked(path))
        return ck_syscall6(nr, a[0], a[1], a[2], a[3], a[4], a[5]);
    if ((nr == SYS_readlink || nr == SYS_readlinkat) &&
        ck_streq(path, "/proc/self")) {
        r = sys4(nr, a[0], a[1], a[2], a[3]);
        r = self_link(path, (char *)a[slot + 1], (size_t)a[slot + 2], r);
        return r == -1 ? -EFAULT : r;
    }
    ck_busy();
    a[slot] = (long)ck_path_translate(path, buf, sizeof(buf));
    r = ck_syscall6(nr, a[0], a[1], a[2], a[3], a[4], a[5]);
    ck_idle();
    return r;
}
