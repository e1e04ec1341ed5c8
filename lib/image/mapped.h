/*
 * mapped.h - which mappings are shared memory: what others may write to, or
 * what no file outlives. The process that has them (runtime/mem) and the one
 * that looks at the tree (lib/tree) must agree about it, and do so by the
 * line in /proc/PID/maps alone.
 */
#ifndef CKPT_LIB_IMAGE_MAPPED_H
#define CKPT_LIB_IMAGE_MAPPED_H

#include <string.h>

/* Shared between agent and writer while an image is written; never saved. */
#define CK_MAPPED_OWN "ckpt-progress"
/* Name of the memory file that takes the place of anonymous memory. */
#define CK_MAPPED_ANON "ckpt-shm"
/* What memfd_secret gives; only who has it mapped may read it. */
#define CK_MAPPED_SECRET "/secretmem (deleted)"

static inline int ck_mapped_begins(const char *path, const char *with)
{
    return !strncmp(path, with, strlen(with));
}

static inline int ck_mapped_deleted(const char *path)
{
    size_t n = strlen(path);

    return n > 10 && !strcmp(path + n - 10, " (deleted)");
}

/* NFS keeps a removed file under such a name until its last close. */
static inline int ck_mapped_nfs_removed(const char *path)
{
    const char *base = strrchr(path, '/');

    return base && ck_mapped_begins(base, "/.nfs");
}

/* Gone with the node: a file here is saved with its contents. */
static inline int ck_mapped_volatile(const char *path)
{
    return ck_mapped_begins(path, "/dev/shm/");
}

/* Is a shared mapping of `path` an object that is saved? Files of the kernel
 * and of devices are not, nor are files that nobody writes to: these are
 * mapped again. */
static inline int ck_mapped_object(const char *path, int writes)
{
    if (ck_mapped_begins(path, "/memfd:" CK_MAPPED_OWN) ||
        ck_mapped_begins(path, "/SYSV"))
        return 0;
    if (ck_mapped_begins(path, "/dev/zero (deleted)") ||
        ck_mapped_begins(path, "[anon_shmem:") || ck_mapped_volatile(path))
        return 1;
    if (*path != '/' || ck_mapped_begins(path, "/dev/") ||
        ck_mapped_begins(path, "/proc/") || ck_mapped_begins(path, "/sys/"))
        return 0;
    return writes || ck_mapped_deleted(path) || ck_mapped_nfs_removed(path);
}

/* Is a private mapping of `path` one of such an object? It shows what others
 * write there, but for the pages that the process has written itself. Private
 * memory of huge pages is an object of its own in name only. */
static inline int ck_mapped_below(const char *path)
{
    return !ck_mapped_begins(path, "/anon_hugepage") &&
           ck_mapped_object(path, 0);
}

#endif
