/*
 * limits.c - resource limits. Put back last: until then the restart needs
 * descriptors and memory of its own. A hard limit that is lower here than
 * where the image was taken stays as it is here (only root may raise one).
 */
#include <sys/resource.h>

#include "lib/sys/fmt.h"
#include "lib/sys/syscall.h"
#include "runtime/task/task.h"

static struct {
    uint64_t cur, max;
} saved[RLIM_NLIMITS];

int ck_limits_save(char *why, size_t cap)
{
    for (int i = 0; i < RLIM_NLIMITS; i++) {
        long r = sys4(SYS_prlimit64, 0, i, NULL, &saved[i]);

        if (r < 0) {
            ck_fmt(why, cap, "resource limit %d can't be read", i);
            return (int)r;
        }
    }
    return 0;
}

int ck_limits_restore(enum ck_stage stage, char *why, size_t cap)
{
    (void)why;
    (void)cap;
    for (int i = 0; stage == CK_STAGE_LATE && i < RLIM_NLIMITS; i++) {
        struct {
            uint64_t cur, max;
        } here, want = {saved[i].cur, saved[i].max};

        if (sys4(SYS_prlimit64, 0, i, &want, NULL) == 0 ||
            sys4(SYS_prlimit64, 0, i, NULL, &here) < 0)
            continue;
        want.max = want.max < here.max ? want.max : here.max;
        want.cur = want.cur < want.max ? want.cur : want.max;
        sys4(SYS_prlimit64, 0, i, &want, NULL);
    }
    return 0;
}
