/*
 * attrs.c - umask, and the settings of prctl and /proc
 * that belong to the process (those of a thread are in park.c). The working
 * directory is the tree image's.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>

#include "lib/image/format.h"
#include "lib/sys/fmt.h"
#include "lib/sys/syscall.h"
#include "runtime/task/task.h"

#ifndef PR_SET_MDWE
#define PR_SET_MDWE 65
#define PR_GET_MDWE 66
#endif

static struct {
    unsigned umask, lock;
    long dumpable, subreaper, thp_disable, mdwe;
    char oom[16], core[16]; /* as /proc has them */
} saved;

#define OOM "/proc/self/oom_score_adj"
#define CORE "/proc/self/coredump_filter"

/* As far as it may be put back: an ordinary user can't lower the one, and no
 * program depends on the other. */
static void put(const char *path, const char *text, const char *before)
{
    char now[16], all[24];
    long fd;

    if (!*text || ck_read_file(path, now, sizeof now) < 0 ||
        !strcmp(now, text))
        return;
    fd = sys4(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CLOEXEC, 0);
    if (fd < 0)
        return;
    ck_fmt(all, sizeof all, "%s%s", before, text);
    ck_write_all((int)fd, all, strlen(all));
    sys1(SYS_close, fd);
}

static void get(const char *path, char *text, size_t cap)
{
    if (ck_read_file(path, text, cap) < 0)
        *text = '\0';
}

int ck_attrs_save(char *why, size_t cap)
{
    char status[4096];
    const char *p;
    int reaper = 0;
    long n = ck_read_file("/proc/thread-self/status", status, sizeof status);

    p = n > 0 ? strstr(status, "\nUmask:\t") : NULL;
    if (!p) {
        ck_fmt(why, cap, "/proc/thread-self/status does not tell the umask");
        return -EPROTO;
    }
    saved.umask = 0;
    for (p += 8; *p >= '0' && *p <= '7'; p++)
        saved.umask = saved.umask * 8 + (unsigned)(*p - '0');
    get(OOM, saved.oom, sizeof saved.oom);
    get(CORE, saved.core, sizeof saved.core);
    saved.mdwe = sys5(SYS_prctl, PR_GET_MDWE, 0, 0, 0, 0);
    saved.dumpable = sys1(SYS_prctl, PR_GET_DUMPABLE);
    saved.thp_disable = sys5(SYS_prctl, PR_GET_THP_DISABLE, 0, 0, 0, 0);
    sys2(SYS_prctl, PR_GET_CHILD_SUBREAPER, &reaper);
    saved.subreaper = reaper;
    return 0;
}

void ck_attrs_lock(unsigned flags)
{
    saved.lock = flags;
}

int ck_attrs_restore(enum ck_stage stage, char *why, size_t cap)
{
    (void)why;
    (void)cap;
    if (stage == CK_STAGE_LATE) {
        if (saved.lock)
            sys1(SYS_mlockall,
                 MCL_FUTURE | (saved.lock & CK_AF_ONFAULT ? MCL_ONFAULT : 0));
        if (saved.mdwe > 0)
            sys5(SYS_prctl, PR_SET_MDWE, saved.mdwe, 0, 0, 0);
        if (saved.dumpable == 0)
            sys2(SYS_prctl, PR_SET_DUMPABLE, 0);
        return 0;
    }
    sys1(SYS_umask, saved.umask);
    put(OOM, saved.oom, "");
    put(CORE, saved.core, "0x");
    if (saved.subreaper == 1)
        sys2(SYS_prctl, PR_SET_CHILD_SUBREAPER, 1);
    if (saved.thp_disable == 1)
        sys5(SYS_prctl, PR_SET_THP_DISABLE, 1, 0, 0, 0);
    return 0;
}
