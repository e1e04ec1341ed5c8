/*
 * start.c - what an actor finds when it starts: somebody's signals, its
 * environment, inherited descriptors.
 */
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "lib/sys/fmt.h"
#include "lib/sys/syscall.h"
#include "restart/blob/blob.h"
#include "restart/ops.h"

void ck_blob_reset_signals(void)
{
    struct {
        void *handler;
        unsigned long flags;
        void *restorer;
        uint64_t mask;
    } dfl;
    uint64_t none = 0;

    memset(&dfl, 0, sizeof(dfl));
    for (int sig = 1; sig <= 64; sig++)
        sys4(SYS_rt_sigaction, sig, &dfl, 0, 8);
    sys4(SYS_rt_sigprocmask, SIG_SETMASK, &none, 0, 8);
}

const void *ck_blob_map_shared(int fd, size_t *len)
{
    struct stat st;
    long p;

    if (sys2(SYS_fstat, fd, &st) < 0 || st.st_size <= 0)
        return NULL;
    *len = (size_t)st.st_size;
    p = sys6(SYS_mmap, 0, *len, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    return sys_failed(p) ? NULL : (const void *)p;
}

int ck_blob_find_plan(int *fd, uint32_t *actor)
{
    char env[4096];
    long n = ck_read_file("/proc/self/environ", env, sizeof(env) - 1);
    const char *p = env, *end = env + (n > 0 ? n : 0);

    for (; p < end; p += ck_strlen(p) + 1) {
        if (!ck_starts(p, CK_PLAN_ENV "="))
            continue;
        p += sizeof(CK_PLAN_ENV);
        *fd = (int)ck_parse_u64(&p, 10);
        if (*p != ':')
            return 0;
        p++;
        *actor = (uint32_t)ck_parse_u64(&p, 10);
        return 1;
    }
    return 0;
}
