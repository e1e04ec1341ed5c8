/*
 * sysv.c - System V ids: which the kernel has for those that the program
 * knows, and the list of ids that this tree has met (lib/image/sysvids.h).
 *
 * Raw system calls only; wrappers call this in any context. An id is written
 * down once per process, when it is got or first used.
 */
#include <errno.h>
#include <fcntl.h>

#include "lib/sys/fmt.h"
#include "lib/sys/syscall.h"
#include "runtime/runtime.h"
#include "runtime/virt/sysv.h"

#define SEEN 512

static struct ck_sysv_entry table[CK_SYSV_MAX];
static uint32_t entries; /* fixed ones in table */
static uint64_t seen[SEEN]; /* kind << 32 | real; 0: free */
static int lost; /* an id that could not be written down */

static void path_of(char *path, size_t cap)
{
    ck_fmt(path, cap, "%s/sysv.%s", ck_rt.job_dir, ck_rt.tree);
}

void ck_sysv_begin(void)
{
    char path[1200];

    path_of(path, sizeof path);
    sys1(SYS_unlink, path);
}

int ck_sysv_load(void)
{
    char path[1200];
    uint32_t n = 0;
    long fd;

    path_of(path, sizeof path);
    for (unsigned i = 0; i < SEEN; i++)
        seen[i] = 0;
    fd = sys4(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
    if (fd < 0 && fd != -ENOENT)
        return (int)fd;
    while (fd >= 0 && n < CK_SYSV_MAX &&
           sys3(SYS_read, fd, &table[n], sizeof table[n]) ==
               (long)sizeof table[n] &&
           (table[n].flags & CK_SYSV_FIXED))
        n++;
    if (fd >= 0)
        sys1(SYS_close, fd);
    __atomic_store_n(&entries, n, __ATOMIC_RELEASE);
    return 0;
}

int ck_sysv_lost(void)
{
    return lost;
}

void ck_sysv_each_fixed(void (*fn)(const struct ck_sysv_entry *e))
{
    for (uint32_t i = 0; i < entries; i++)
        fn(&table[i]);
}

int ck_sysv_is_fixed(int kind, int32_t virt)
{
    for (uint32_t i = 0; i < entries; i++)
        if (table[i].kind == kind && table[i].virt == virt)
            return 1;
    return 0;
}

int ck_sysv_each(int (*fn)(const struct ck_sysv_entry *e))
{
    struct ck_sysv_entry e[64];
    char path[1200];
    long fd, n = 0;
    int r = 0;

    path_of(path, sizeof path);
    fd = sys4(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
    if (fd < 0)
        return fd == -ENOENT ? 0 : (int)fd;
    while (!r && (n = sys3(SYS_read, fd, e, sizeof e)) > 0)
        for (long i = 0; !r && i < n / (long)sizeof e[0]; i++)
            r = fn(&e[i]);
    sys1(SYS_close, fd);
    return r ? r : (int)n;
}

int32_t ck_sysv_in(int kind, int32_t virt)
{
    return ck_sysv_real(table, entries, kind, virt);
}

int32_t ck_sysv_out(int kind, int32_t real)
{
    return ck_sysv_virt(table, entries, kind, real);
}

/* The first free place, or one that is taken for good when all are: then it
 * is written down again and again, which does no harm. */
static int known(int kind, int32_t real)
{
    uint64_t me = (uint64_t)kind << 32 | (uint32_t)real, none;

    for (unsigned i = 0; i < SEEN; i++) {
        none = 0;
        if (__atomic_load_n(&seen[i], __ATOMIC_RELAXED) == me)
            return 1;
        if (__atomic_compare_exchange_n(&seen[i], &none, me, 0,
                                        __ATOMIC_RELAXED, __ATOMIC_RELAXED))
            return 0;
        if (none == me)
            return 1;
    }
    return 0;
}

void ck_sysv_note(int kind, int32_t real)
{
    struct ck_sysv_entry e = {kind, ck_sysv_out(kind, real), real, 0};
    char path[1200];
    long fd;

    if (real < 0 || !ck_rt.enabled || known(kind, real))
        return;
    path_of(path, sizeof path);
    fd = sys4(SYS_openat, AT_FDCWD, path,
              O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (fd >= 0)
        sys2(SYS_fchmod, fd, 0600); /* the umask is the program's */
    if (fd < 0 || sys3(SYS_write, fd, &e, sizeof e) != (long)sizeof e)
        lost = 1;
    if (fd >= 0)
        sys1(SYS_close, fd);
}

int ck_sysv_waits(long nr)
{
    switch (nr) {
    case SYS_semop:
    case SYS_semtimedop:
        return CK_SYSV_SEM;
    case SYS_msgsnd:
    case SYS_msgrcv:
        return CK_SYSV_MSG;
    default:
        return 0;
    }
}
