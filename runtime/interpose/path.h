/*
 * path.h - /proc/<number>/... in the path of a wrapper; see proc.c.
 */
#ifndef CKPT_RUNTIME_INTERPOSE_PATH_H
#define CKPT_RUNTIME_INTERPOSE_PATH_H

#include <limits.h>

#include "lib/sys/fmt.h"
#include "runtime/interpose/wrap.h"

#define CK_PROC "/proc/"

/* Inside the window: path, or what it has become in buf. */
CK_HIDDEN const char *ck_path_translate(const char *path, char *buf,
                                        size_t cap);
/* A look at a path that may point nowhere. */
CK_HIDDEN int ck_path_asked(const char *path);

static inline int ck_path_concerned(const char *path)
{
    return path && path[0] == '/' && path[1] == 'p' &&
           ck_starts(path, CK_PROC) &&
           ((path[6] >= '0' && path[6] <= '9') || path[6] == 's');
}

/* The call with `p` being what `path` has become. In `call` the function is
 * NEXT(f): with a number that was translated, libc's (real.c). */
#define NEXT(f) (own ? LIBC(f) : REAL(f))
#define WITH_PATH(type, p, call)                                            \
    char buf[PATH_MAX];                                                     \
    const char *p = path;                                                   \
    int own __attribute__((unused)) = 0; /* see __open */                   \
    type r;                                                                 \
                                                                            \
    if (__builtin_expect(!ck_virt_active, 1) || !ck_path_asked(path))       \
        return call;                                                        \
    ck_busy();                                                              \
    p = ck_path_translate(path, buf, sizeof(buf));                          \
    own = p != path;                                                        \
    r = call;                                                               \
    ck_idle();                                                              \
    return r

/* The same for a call that only asks, and sets errno: it is made with `path`
 * first. Where the kernel has got as far as to look for the name, it has read
 * it. */
#define ASK_PATH(type, p, call)                                             \
    char buf[PATH_MAX];                                                     \
    const char *p = path;                                                   \
    int saved = errno, own = 0;                                             \
    type r = call;                                                          \
                                                                            \
    if (__builtin_expect(!ck_virt_active, 1) || !ck_path_was_read(r) ||     \
        !ck_path_concerned(path))                                           \
        return r;                                                           \
    errno = saved;                                                          \
    ck_busy();                                                              \
    p = ck_path_translate(path, buf, sizeof(buf));                          \
    own = p != path;                                                        \
    r = call;                                                               \
    ck_idle();                                                              \
    return r

static inline int ck_path_was_read(long r)
{
    return r >= 0 || errno == ENOENT || errno == EACCES || errno == ENOTDIR ||
           errno == ESRCH;
}

#endif
