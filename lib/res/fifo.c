/*
 * fifo.c - a pipe with a name: opened again by that, with what is in it.
 *
 * The name is made again if it is gone; one that was removed already is made
 * under another name and removed again. Unlike an anonymous pipe a FIFO has
 * readers for which no writer has come yet: poll tells them nothing, where
 * those whose writers have left are told of the end. Looking must not turn
 * the one into the other, and opening must not wait for a partner.
 */
#include "lib/res/kind.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* left: this reader's writers have left. bytes: saved under this OFD. gone: it
 * was removed; attr: attr.c, of such a one. */
#define BODY_FIELDS(F)                                                      \
    F(STR, path) F(U64, dev) F(U64, ino) F(U32, mode) F(U32, capacity)      \
    F(U32, bytes) F(U8, left) F(U8, gone) F(BLOB, attr)
CK_RECORD(fifo_body, BODY_FIELDS)
CK_RES_BODY(fifo_body, "a named pipe")

static int fifo_match(const struct ck_res_ofd *o)
{
    return S_ISFIFO(o->st.st_mode) && o->link[0] == '/' &&
           !(o->flags & O_PATH);
}

/* Of an empty FIFO: has it a writer? */
static int has_writer(const struct ck_res_ofd *o)
{
    int fd = ck_res_pipe_open(o, O_RDONLY), to[2], yes = 1;

    if (fd >= 0 && !pipe2(to, O_CLOEXEC)) {
        yes = tee(fd, to[1], 1, SPLICE_F_NONBLOCK) != 0;
        close(to[0]);
        close(to[1]);
    }
    if (fd >= 0)
        close(fd);
    return yes;
}

/* One end of it is in the tree: is the other open elsewhere? */
static int has_partner(const struct ck_res_ofd *o, int ends,
                       const struct pollfd *p, int avail)
{
    int fd;

    if (ends & CK_READ_END)
        return !(p->revents & POLLHUP) && (avail || has_writer(o));
    fd = ck_res_pipe_open(o, O_WRONLY);
    if (fd >= 0)
        close(fd);
    return fd >= 0 || errno != ENXIO;
}

static int fifo_save(struct ck_res_save *c, const struct ck_res_ofd *o,
                     struct ck_wr *w)
{
    const struct ck_res_ofd *first = ck_res_pipe_first(c, o);
    struct fifo_body b = {.path = o->link, .dev = o->st.st_dev,
                          .ino = o->st.st_ino, .mode = o->st.st_mode,
                          .gone = o->st.st_nlink == 0};
    struct pollfd p = {.fd = ck_res_take(o)};
    int avail = 0, size, ends;
    unsigned flags;
    long n = 0;

    if (p.fd < 0)
        return ck_res_why(c->why, c->whycap, p.fd,
                          "the named pipe %s, which can't be looked at: %s",
                          o->link, strerror(-p.fd));
    poll(&p, 1, 0);
    ioctl(p.fd, FIONREAD, &avail);
    size = fcntl(p.fd, F_GETPIPE_SZ);
    close(p.fd);
    b.left = (o->flags & O_ACCMODE) == O_RDONLY && p.revents & POLLHUP;
    b.capacity = size > 0 ? (uint32_t)size : 65536;
    if (o == first) {
        ends = ck_res_pipe_ends(c, first, &flags);
        if (ends != (CK_READ_END | CK_WRITE_END) &&
            has_partner(o, ends, &p, avail))
            return ck_res_why(c->why, c->whycap, -EAGAIN,
                              "the named pipe %s, whose other end is in a "
                              "process outside of the computation; start that "
                              "process under it as well", o->link);
        if (avail)
            n = ck_res_pipe_copy(c, o, b.capacity);
        if (n < 0)
            return (int)n;
        b.bytes = (uint32_t)n;
    }
    if (b.gone)
        ck_res_attr_of(o, &b.attr);
    fifo_body_put(w, &b);
    return 0;
}

static int fifo_check(struct ck_res_load *c, const struct ck_ofd *rec)
{
    struct fifo_body b;
    struct stat st;
    char dir[4096], *slash;
    int rc = fifo_body_of(c, rec, &b), avail = 0, fd;

    if (rc || b.gone)
        return rc;
    if (stat(b.path, &st) == 0 && !S_ISFIFO(st.st_mode))
        return ck_res_why(c->why, c->whycap, -EINVAL,
                          "%s is not a named pipe any more", b.path);
    snprintf(dir, sizeof(dir), "%s", b.path);
    slash = strrchr(dir, '/');
    if (slash)
        slash[slash == dir] = '\0';
    if (access(b.path, F_OK) < 0 && access(dir, W_OK | X_OK) < 0)
        return ck_res_why(c->why, c->whycap, -errno,
                          "the named pipe %s is missing and can't be made "
                          "again: %s", b.path, strerror(errno));
    fd = open(b.path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (fd >= 0) {
        ioctl(fd, FIONREAD, &avail);
        close(fd);
    }
    if (avail)
        return ck_res_why(c->why, c->whycap, -EBUSY,
                          "the named pipe %s is in use by another program",
                          b.path);
    return 0;
}

/* A writer comes and leaves: readers that are there know it from then on. */
static int visit(const char *path)
{
    return open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
}

/* One that has no name any more, where it was or in the job's directory. Its
 * read end, or -errno. */
static int make_removed(const struct ck_res_load *c, const struct fifo_body *b)
{
    char temp[4200], *slash;
    int fd = -ENOENT;

    snprintf(temp, sizeof(temp), "%s", b->path);
    slash = strrchr(temp, '/');
    for (int i = 0; i < 2 && fd < 0; i++) {
        if (i || !slash)
            snprintf(temp, sizeof(temp), "%s/.ckpt.%d", c->job_dir, getpid());
        else
            snprintf(slash, sizeof(temp) - (size_t)(slash - temp),
                     "/.ckpt.%d", getpid());
        if (mkfifo(temp, 0600) < 0) {
            fd = -errno;
            continue;
        }
        fd = open(temp, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
        fd = fd < 0 ? -errno : fd;
        unlink(temp);
    }
    return fd;
}

static int make_named(const struct fifo_body *b)
{
    int fd;

    if (mkfifo(b->path, b->mode & 07777) < 0 && errno != EEXIST)
        return -errno;
    fd = open(b->path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

/* s->fd[0] keeps a read end until all are loaded, so that nothing is lost
 * and writers can come. */
static int open_again(struct ck_res_load *c, const struct ck_ofd *rec,
                      const struct fifo_body *b)
{
    int fresh, fd, to, rc = 0;
    struct ck_res_shared *s = ck_res_share(c, b->dev, b->ino, &fresh);
    char path[40];

    if (!s)
        return -ENOMEM;
    if (fresh)
        s->fd[0] = b->gone ? make_removed(c, b) : make_named(b);
    if (s->fd[0] < 0)
        return s->fd[0];
    snprintf(path, sizeof(path), "/proc/self/fd/%d", s->fd[0]);
    fd = open(path, (int)(rec->flags & O_ACCMODE) | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    fcntl(fd, F_SETPIPE_SZ, (int)b->capacity);
    if (b->left || b->bytes) {
        to = visit(path);
        if (to >= 0 && b->bytes)
            rc = ck_res_pipe_fill(c, rec->id, to);
        if (to >= 0)
            close(to);
        else
            rc = -errno;
    }
    if (!rc && fcntl(fd, F_SETFL, (int)(rec->flags &
                                        (O_NONBLOCK | O_APPEND))) < 0)
        rc = -errno;
    if (!rc)
        return fd;
    close(fd);
    return rc;
}

static int fifo_load(struct ck_res_load *c, const struct ck_ofd *rec)
{
    struct fifo_body b;
    int fd = fifo_body_of(c, rec, &b);

    if (fd)
        return fd;
    fd = open_again(c, rec, &b);
    if (fd < 0 && !c->why[0])
        ck_res_why(c->why, c->whycap, fd, "can't open the named pipe %s: %s",
                   b.path, strerror(-fd));
    return fd;
}

/* The mode may keep out who opens it. */
static int fifo_settle(struct ck_res_load *c, const struct ck_ofd *rec, int fd)
{
    struct fifo_body b;
    int rc = fifo_body_of(c, rec, &b);

    return rc ?: ck_res_attr_set(fd, b.attr);
}

static void fifo_describe(const struct ck_ofd *rec, char *buf, size_t cap)
{
    static const char *const modes[] = {"read", "write", "each", "?"};
    struct fifo_body b;

    if (fifo_body_of(NULL, rec, &b))
        snprintf(buf, cap, "?");
    else
        snprintf(buf, cap, "the named pipe %s, %s end, %u bytes in it",
                 b.path, modes[rec->flags & O_ACCMODE], b.bytes);
}

static uint64_t fifo_claim(const struct ck_ofd *rec)
{
    struct fifo_body b;

    return fifo_body_of(NULL, rec, &b) || b.gone ? 0 : ck_res_name_key(b.path);
}

/* What is in it would be put back twice. */
static int fifo_clash(const struct ck_ofd *x, const struct ck_ofd *y)
{
    struct fifo_body a, b;

    return !fifo_body_of(NULL, x, &a) && !fifo_body_of(NULL, y, &b) &&
           !strcmp(a.path, b.path) && (a.bytes || b.bytes);
}

const struct ck_res ck_res_fifo = {
    .name = "fifo",
    .match = fifo_match,
    .save = fifo_save,
    .check = fifo_check,
    .load = fifo_load,
    .settle = fifo_settle,
    .claim = fifo_claim,
    .clash = fifo_clash,
    .describe = fifo_describe,
};
