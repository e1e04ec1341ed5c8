/*
 * membarrier.c - what the process has registered for: without it membarrier()
 * fails, and who uses it (liburcu, Java, .NET, Go) does not look again.
 *
 * From Linux 6.3 on the kernel tells. Before, the private registrations that
 * it offers are made: they cost nothing while only one thread exists, and
 * hardly anything later. Global ones are not: others' barriers would
 * interrupt the process.
 */
#include <errno.h>

#include "lib/sys/syscall.h"
#include "runtime/task/task.h"

/* Kernel headers may be older. */
#define QUERY 0
#define REGISTER_PRIVATE (1 << 4)
#define REGISTER_SYNC_CORE (1 << 6)
#define REGISTER_RSEQ (1 << 8)
#define GET_REGISTRATIONS (1 << 9)

static long registered;

static long membarrier(long cmd)
{
    return sys3(SYS_membarrier, cmd, 0, 0);
}

int ck_membarrier_save(char *why, size_t cap)
{
    (void)why;
    (void)cap;
    registered = membarrier(GET_REGISTRATIONS);
    /* One for restartable sequences is told as one for all, and is none. */
    for (long cmd = REGISTER_PRIVATE; cmd <= REGISTER_RSEQ; cmd <<= 2)
        if (registered > 0 && (registered & cmd) &&
            membarrier(cmd >> 1) == -EPERM)
            registered &= ~cmd;
    if (registered >= 0)
        return 0;
    registered = membarrier(QUERY);
    registered = registered < 0 ? 0
                                : registered & (REGISTER_PRIVATE |
                                                REGISTER_SYNC_CORE |
                                                REGISTER_RSEQ);
    return 0;
}

int ck_membarrier_restore(enum ck_stage stage, char *why, size_t cap)
{
    (void)why;
    (void)cap;
    for (long cmd = 1; stage == CK_STAGE_EARLY && cmd <= registered; cmd <<= 1)
        if (registered & cmd)
            membarrier(cmd);
    return 0;
}
