/*
 * contents.c - saves the bytes of a file that has no name any more, and
 * makes such a file again. Holes stay holes.
 */
#include "lib/res/kind.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

static int copy_pieces(struct ck_res_save *c, const struct ck_res_ofd *o,
                       int fd, void *buf)
{
    off_t size = o->st.st_size, pos = 0;
    uint64_t pieces = 0;
    size_t len;
    int rc;

    for (; next_piece(fd, &pos, size, &len); pos += (off_t)len)
        pieces++;
    rc = c->sink->open(c->sink, o->id, pieces);
    for (pos = 0; !rc && next_piece(fd, &pos, size, &len); pos += (off_t)len) {
        ssize_t n = pread(fd, buf, len, pos);

        if (n != (ssize_t)len)
            return n < 0 ? -errno : -EIO;
        rc = c->sink->write(c->sink, o->id, (uint64_t)pos, buf, len);
    }
    return rc;
}

int ck_res_contents_save(struct ck_res_save *c, const struct ck_res_ofd *o)
{
    void *buf = malloc(CK_RES_PIECE);
    char path[64];
    int fd, rc;

    snprintf(path, sizeof(path), "/proc/%d/fd/%d", o->pid, o->fd);
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 || !buf)
        rc = fd < 0 ? -errno : -ENOMEM;
    else
        rc = copy_pieces(c, o, fd, buf);
    if (fd >= 0)
        close(fd);
    free(buf);
    if (rc)
        return ck_res_why(c->why, c->whycap, rc,
                          "the removed file %s, whose contents can't be "
                          "saved: %s", o->link, strerror(-rc));
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
