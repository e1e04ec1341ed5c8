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

static inline int ck_path_concerned(const char *path)
{
    return __builtin_expect(ck_virt_active, 0) && path && path[0] == '/' &&
           path[1] == 'p' && ck_starts(path, CK_PROC) &&
           ((path[6] >= '0' && path[6] <= '9') || path[6] == 's');
}

/* The call with `p` being what `path` has become. */
#define WITH_PATH(type, p, call)                                            \
    char buf[PATH_MAX];                                                     \
    const char *p = path;                                                   \
    type r;                                                                 \
                                                                            \
    if (!ck_path_concerned(path))                                           \
        return call;                                                        \
    ck_busy();                                                              \
    p = ck_path_translate(path, buf, sizeof(buf));                          \
    r = call;                                                               \
    ck_idle();                                                              \
    return r

#endif
