/*
 * ours.h - how it is told that a process is one of ours: a writer, a capture,
 * a tracer, or what these have made.
 *
 * Any program may have any name. So each of ours sets itself a limit for real
 * time that no program has (some 200,000 years). Everybody of the
 * same user can read it, it stays with a process that executes another
 * program, and also with one that has ended and was not waited for yet. Where
 * the hard limit is lower, which is where a system limits real time, there is
 * no mark: then a child of ours is known to its maker only
 * (lib/image/watched.h).
 */
#ifndef CKPT_LIB_SYS_OURS_H
#define CKPT_LIB_SYS_OURS_H

#include <sys/resource.h>

#include "lib/sys/syscall.h"

#define CK_OURS 0x636b70742d6f7572ull /* microseconds: "ckpt-our" */

static inline void ck_ours_mark(void)
{
    uint64_t limit[2];

    if (sys4(SYS_prlimit64, 0, RLIMIT_RTTIME, NULL, limit) < 0)
        return;
    limit[0] = CK_OURS;
    sys4(SYS_prlimit64, 0, RLIMIT_RTTIME, limit, NULL);
}

static inline int ck_ours(int32_t pid)
{
    uint64_t limit[2];

    return pid > 0 &&
           sys4(SYS_prlimit64, pid, RLIMIT_RTTIME, NULL, limit) == 0 &&
           limit[0] == CK_OURS;
}

#endif
