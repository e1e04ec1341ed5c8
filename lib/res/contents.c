/*
 * contents.c - saves the bytes of a file that has no name any more, or lives
 * in the node's memory, and makes such a file again. Holes stay holes.
 */
#include "lib/res/contents.h"
#include "lib/res/kind.h"
#include "lib/res/shm.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The next piece of data at or behind *pos: 1, 0 at the end. A piece lies
 * inside one CK_RES_PIECE-aligned window. */
static int next_piece(int fd, off_t *pos, off_t size, size_t *len)
{
    off_t data = lseek(fd, *pos, SEEK_DATA), hole, window;

    if (data < 0 && errno == ENXIO)
        return 0;
    if (data < 0)
        data = *pos; /* no holes known on this file system */
    if (data >= size)
        return 0;
    hole = lseek(fd, data, SEEK_HOLE);
    if (hole < 0 || hole > size)
        hole = size;
    window = (data / CK_RES_PIECE + 1) * (off_t)CK_RES_PIECE;
    *pos = data;
    *len = (size_t)((hole < window ? hole : window) - data);
    return 1;
}

uint64_t ck_res_contents_pieces(int fd, uint64_t size)
{
    uint64_t n = 0;
    off_t pos = 0;
    size_t len;

    for (; next_piece(fd, &pos, (off_t)size, &len); pos += (off_t)len)
        n++;
    return n;
}

int ck_res_contents_of(struct ck_res_save *c, uint32_t id, int fd,
                       uint64_t size)
{
    void *buf = malloc(CK_RES_PIECE);
    off_t end = (off_t)size, pos;
    size_t len;
    int rc = buf ? 0 : -ENOMEM;

    if (!rc)
        rc = c->sink->open(c->sink, id, ck_res_contents_pieces(fd, size));
    for (pos = 0; !rc && next_piece(fd, &pos, end, &len); pos += (off_t)len) {
        ssize_t n = pread(fd, buf, len, pos);

        if (n != (ssize_t)len)
            rc = n < 0 ? -errno : -EIO;
        else
            rc = c->sink->write(c->sink, id, (uint64_t)pos, buf, len);
    }
    free(buf);
    return rc;
}

int ck_res_contents_save(struct ck_res_save *c, const struct ck_res_ofd *o)
{
    char path[64];
    int fd, rc;

    snprintf(path, sizeof(path), "/proc/%d/fd/%d", o->tid, o->fd);
    fd = ck_res_open_seen(o, path);
    rc = fd < 0 ? fd
                : ck_res_contents_of(c, o->id, fd, (uint64_t)o->st.st_size);
    if (fd >= 0)
        close(fd);
    if (rc == -EDEADLK)
        return ck_res_why(c->why, c->whycap, -EAGAIN,
                          "the file %s, with a lease for writing (F_SETLEASE) "
                          "by a descriptor that can't be read: to look into it "
                          "would break the lease", o->link);
    if (rc)
        return ck_res_why(c->why, c->whycap, rc,
                          "the file %s, whose contents can't be saved: %s",
                          o->link, strerror(-rc));
    return 0;
}

static int put_piece(void *arg, uint64_t off, const void *p, size_t n)
{
    const int *fd = arg;
    const char *q = p;

    while (n) {
        ssize_t k = pwrite(*fd, q, n, (off_t)off);

        if (k < 0 && errno == EINTR)
            continue;
        if (k < 0)
            return -errno;
        q += k;
        n -= (size_t)k;
        off += (uint64_t)k;
    }
    return 0;
}

/* A file without a name in dir. Not every file system has O_TMPFILE. */
static int nameless(const char *dir, unsigned mode)
{
    char path[4200];
    int fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, mode & 07777);

    if (fd >= 0)
        return fd;
    snprintf(path, sizeof(path), "%s/.ckpt.XXXXXX", dir);
    fd = mkostemp(path, O_CLOEXEC);
    if (fd < 0)
        return -errno;
    unlink(path);
    fchmod(fd, mode & 07777);
    return fd;
}

int ck_res_contents_fill(struct ck_res_load *c, uint32_t id, int fd,
                         uint64_t size)
{
    int rc = c->source->read(c->source, id, put_piece, &fd);

    return !rc && ftruncate(fd, (off_t)size) < 0 ? -errno : rc;
}

int ck_res_contents_load(struct ck_res_load *c, uint32_t id, const char *dir,
                         uint64_t size, unsigned mode)
{
    int fd = dir ? nameless(dir, mode) : -ENOENT, rc;

    if (fd < 0)
        fd = nameless(c->job_dir, mode);
    if (fd < 0)
        return fd;
    rc = ck_res_contents_fill(c, id, fd, size);
    if (!rc)
        return fd;
    close(fd);
    return rc;
}

int ck_res_named_check(struct ck_res_load *c, const char *path)
{
    char dir[4096];
    struct stat st;
    char *slash;

    snprintf(dir, sizeof(dir), "%s", path);
    slash = strrchr(dir, '/');
    if (slash)
        *slash = '\0';
    if (stat(path, &st) < 0 && errno != ENOENT)
        return ck_res_why(c->why, c->whycap, -errno, "%s: %s", path,
                          strerror(errno));
    if (access(path, F_OK) < 0 && access(dir, W_OK) < 0)
        return ck_res_why(c->why, c->whycap, -errno,
                          "%s is missing and can't be made: %s", path,
                          strerror(errno));
    if (access(path, F_OK) == 0 &&
        (!S_ISREG(st.st_mode) || st.st_uid != geteuid()))
        return ck_res_why(c->why, c->whycap, -EEXIST,
                          "%s is somebody else's by now; remove it", path);
    return 0;
}

/* Other trees of the computation may have put the same contents there, and
 * mapped it: it is not cut to nothing first. */
void ck_res_make_dirs(const char *path)
{
    char dir[PATH_MAX + 128];

    snprintf(dir, sizeof(dir), "%s", path);
    for (char *p = strchr(dir + 1, '/'); p; p = strchr(p + 1, '/')) {
        *p = '\0';
        mkdir(dir, 0700);
        *p = '/';
    }
}

int ck_res_named_load(struct ck_res_load *c, uint32_t id, const char *path,
                      uint64_t size, unsigned mode)
{
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600), rc = 0;
    int fresh = fd >= 0;

    if (!fresh)
        fd = errno == EEXIST ? ck_res_open(path, O_RDWR) : -errno;
    if (fd < 0)
        return fd;
    if (!fresh && c->keep_files)
        return fd;
    if (!fresh)
        fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0,
                  (off_t)size);
    rc = c->source->read(c->source, id, put_piece, &fd);
    if (!rc && (ftruncate(fd, (off_t)size) < 0 || fchmod(fd, mode & 07777) < 0))
        rc = -errno;
    if (!rc)
        return fd;
    close(fd);
    return rc;
}
