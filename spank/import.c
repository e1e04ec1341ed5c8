/*
 * import.c - --checkpoint-restart: an older job's image set becomes the
 * first one of this job.
 *
 * Its files are linked, so that nothing is copied and each job may delete
 * its sets without asking the other; on another file system they are copied.
 * The older job's notes of files that it has written to (lib/image/undo.h) are
 * always copied, since this job adds to them.
 * The manifest comes last: before it is there, the set is not.
 */
#include "spank/plugin.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/jobdir.h"
#include "lib/base/manifest.h"
#include "lib/image/undo.h"

static int copy(int from, const char *name, int to, const char *as)
{
    int in = openat(from, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    int out, r = 0;
    struct stat st = {0};

    if (in < 0)
        return -errno;
    out = openat(to, as, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (out < 0 || fstat(in, &st) != 0)
        r = -errno;
    for (off_t left = r ? 0 : st.st_size; left > 0;) {
        ssize_t n = sendfile(out, in, NULL, 1 << 30);

        if (n <= 0) {
            r = n < 0 ? -errno : -EIO;
            break;
        }
        left -= n;
    }
    if (r == 0 && fsync(out) != 0)
        r = -errno;
    close(in);
    if (out >= 0)
        close(out);
    return r;
}

static int bring(int from, const char *name, int to)
{
    if (linkat(from, name, to, name, 0) == 0 || errno == EEXIST)
        return 0;
    return copy(from, name, to, name);
}

/* What was copied before, this job may have added to. A name is there only
 * when the whole is. */
static int bring_notes(int from, const char *name, int to)
{
    static const char part[] = "new.import"; /* readers pass over new.* */
    int r;

    if (faccessat(to, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
        return 0;
    unlinkat(to, part, 0);
    r = copy(from, name, to, part);
    return r == 0 && renameat(to, part, to, name) != 0 ? -errno : r;
}

/* Every regular file whose name begins with prefix, but the manifest. */
static int bring_all(int from, int to, const char *prefix,
                     int (*bring_one)(int from, const char *name, int to))
{
    int fd = dup(from), r = 0;
    DIR *d = fd < 0 ? NULL : fdopendir(fd);
    struct dirent *e;
    struct stat st;

    if (!d)
        return -errno;
    rewinddir(d);
    while (r == 0 && (e = readdir(d)))
        if (strncmp(e->d_name, prefix, strlen(prefix)) == 0 &&
            strcmp(e->d_name, CK_MANIFEST_NAME) != 0 &&
            fstatat(from, e->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
            S_ISREG(st.st_mode))
            r = bring_one(from, e->d_name, to);
    closedir(d);
    return r;
}

static int open_dir(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    return fd < 0 ? -errno : fd;
}

/* It is missing in a job that has noted nothing. */
static int import_notes(int from, int to)
{
    const int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW;
    int uf = openat(from, CK_UNDO_DIR, flags), ut = -1, r = 0;

    if (uf < 0)
        return errno == ENOENT ? 0 : -errno;
    if (mkdirat(to, CK_UNDO_DIR, 0700) != 0 && errno != EEXIST)
        r = -errno;
    if (r == 0 && (ut = openat(to, CK_UNDO_DIR, flags)) < 0)
        r = -errno;
    if (r == 0)
        r = bring_all(uf, ut, "", bring_notes);
    close(uf);
    if (ut >= 0)
        close(ut);
    return r;
}

int ck_import_set(const char *old, const char *dir, uint32_t number,
                  struct ck_err *e)
{
    char a[CK_PATH], b[CK_PATH];
    int od = open_dir(old), nd = open_dir(dir), os = -1, ns = -1, r;

    r = ck_jobdir_set(a, sizeof(a), old, number);
    if (r == 0)
        r = ck_jobdir_set(b, sizeof(b), dir, number);
    if (r == 0 && mkdir(b, 0700) != 0 && errno != EEXIST)
        r = -errno;
    if (r == 0) {
        os = open_dir(a);
        ns = open_dir(b);
        r = os < 0 ? os : ns < 0 ? ns : od < 0 ? od : nd < 0 ? nd : 0;
    }
    if (r == 0)
        r = bring_all(od, nd, "exit.", bring);
    if (r == 0)
        r = import_notes(od, nd);
    if (r == 0)
        r = bring_all(os, ns, "", bring);
    if (r == 0)
        r = bring(os, CK_MANIFEST_NAME, ns);
    if (od >= 0)
        close(od);
    if (nd >= 0)
        close(nd);
    if (os >= 0)
        close(os);
    if (ns >= 0)
        close(ns);
    return r < 0 ? ck_err_sys(e, r, "cannot take over image set %u from %s",
                              number, old)
                 : 0;
}
