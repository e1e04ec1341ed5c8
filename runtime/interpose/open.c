/*
 * open.c - open() and its relatives: numbers in a path below /proc (proc.c),
 * and files that are opened for writing are noted (undo.c). Those that are
 * only read cost a look at the flags. creat() empties the file: there is
 * nothing to note.
 */
#include "runtime/interpose/path.h"

#include <fcntl.h>
#include <stdarg.h>
#include <string.h>

#include "runtime/interpose/selfstat.h"
#include "runtime/interpose/undo.h"

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
    WITH_PATH(int, p, ck_undo_opened(NEXT(open)(p, flags, mode), flags));
}

int __open(const char *path, int flags, ...)
{
    MODE(flags);
    WITH_PATH(int, p, ck_undo_opened(LIBC(open)(p, flags, mode), flags));
}

int open64(const char *path, int flags, ...)
{
    MODE(flags);
    WITH_PATH(int, p, ck_undo_opened(NEXT(open64)(p, flags, mode), flags));
}

int __open64(const char *path, int flags, ...)
{
    MODE(flags);
    WITH_PATH(int, p, ck_undo_opened(LIBC(open64)(p, flags, mode), flags));
}

int openat(int dirfd, const char *path, int flags, ...)
{
    MODE(flags);
    WITH_PATH(int, p,
              ck_undo_opened(NEXT(openat)(dirfd, p, flags, mode), flags));
}

int openat64(int dirfd, const char *path, int flags, ...)
{
    MODE(flags);
    WITH_PATH(int, p,
              ck_undo_opened(NEXT(openat64)(dirfd, p, flags, mode), flags));
}

int __open_2(const char *path, int flags)
{
    WITH_PATH(int, p, ck_undo_opened(NEXT(__open_2)(p, flags), flags));
}

int __open64_2(const char *path, int flags)
{
    WITH_PATH(int, p, ck_undo_opened(NEXT(__open64_2)(p, flags), flags));
}

int __openat_2(int dirfd, const char *path, int flags)
{
    WITH_PATH(int, p,
              ck_undo_opened(NEXT(__openat_2)(dirfd, p, flags), flags));
}

int __openat64_2(int dirfd, const char *path, int flags)
{
    WITH_PATH(int, p,
              ck_undo_opened(NEXT(__openat64_2)(dirfd, p, flags), flags));
}

/* What open() is told for "a", "r+" and the like; libc looks at six more
 * letters. */
static int flags_of(const char *mode)
{
    int plus = 0;

    for (int i = 1; i < 7 && mode[i]; i++)
        plus |= mode[i] == '+';
    switch (mode[0]) {
    case 'a':
        return O_CREAT | O_APPEND | (plus ? O_RDWR : O_WRONLY);
    case 'r':
        return plus ? O_RDWR : O_RDONLY;
    default:
        return O_TRUNC;
    }
}

static FILE *opened(FILE *f, const char *path, const char *mode)
{
    int flags = flags_of(mode);

    if (!f)
        return f;
    ck_undo_opened(fileno_unlocked(f), flags);
    if (flags == O_RDONLY && path && ck_rt.enabled && !ck_rt.left &&
        strcmp(path, CK_SELF_STAT) == 0)
        ck_selfstat(fileno_unlocked(f));
    return f;
}

FILE *fopen(const char *path, const char *mode)
{
    WITH_PATH(FILE *, p, opened(NEXT(fopen)(p, mode), path, mode));
}

FILE *fopen64(const char *path, const char *mode)
{
    WITH_PATH(FILE *, p, opened(NEXT(fopen64)(p, mode), path, mode));
}

FILE *freopen(const char *path, const char *mode, FILE *stream)
{
    WITH_PATH(FILE *, p, opened(NEXT(freopen)(p, mode, stream), p, mode));
}

FILE *freopen64(const char *path, const char *mode, FILE *stream)
{
    WITH_PATH(FILE *, p, opened(NEXT(freopen64)(p, mode, stream), p, mode));
}
