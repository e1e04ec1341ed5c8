/*
 * pipe.c - a pipe between processes of the tree, with what is in it.
 *
 * Contents are copied with tee, so that the pipe is not disturbed. They are
 * saved once per pipe, under the first of its open file descriptions. An end
 * that nobody has open any more is put back closed: the other one reads an
 * end of file, or gets SIGPIPE, as before. An end that is open outside of
 * the tree only is taken for closed if the tree's root was given the pipe, by
 * whoever started it, and the surroundings of a restart have none in its
 * place (given.c); another one cannot be put back: refused.
 */
#include "lib/res/kind.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* bytes: how many are saved under this OFD. */
#define BODY_FIELDS(F) \
    F(U64, dev) F(U64, ino) F(U32, capacity) F(U32, bytes)
CK_RECORD(pipe_body, BODY_FIELDS)

#define KEEP_FLAGS (O_ACCMODE | O_NONBLOCK)
#define CK_LARGEFILE 0100000u /* glibc's O_LARGEFILE is 0 */

static int pipe_match(const struct ck_res_ofd *o)
{
    return S_ISFIFO(o->st.st_mode) && !strncmp(o->link, "pipe:", 5);
}

static int same(const struct ck_res_ofd *a, const struct ck_res_ofd *b)
{
    return a->st.st_dev == b->st.st_dev && a->st.st_ino == b->st.st_ino;
}

const struct ck_res_ofd *ck_res_pipe_first(const struct ck_res_save *c,
                                           const struct ck_res_ofd *o)
{
    while (o > c->all && same(o - 1, o))
        o--;
    return o;
}

int ck_res_pipe_open(const struct ck_res_ofd *o, int mode)
{
    char path[64];

    int fd;

    snprintf(path, sizeof(path), "/proc/%d/fd/%d", o->tid, o->fd);
    fd = open(path, mode | O_NONBLOCK | O_CLOEXEC);
    /* Another user's: only what the program has of it can be had. */
    if (fd < 0 && errno == EACCES && (o->flags & O_ACCMODE) == (unsigned)mode)
        fd = ck_res_take(o);
    return fd;
}

/* Is there nobody at the other end? fd is of the pipe, and of this side. */
static int hung_up(int fd, int event)
{
    struct pollfd p = {.fd = fd};

    return poll(&p, 1, 0) == 1 && (p.revents & event);
}

int ck_res_pipe_ends(const struct ck_res_save *c,
                     const struct ck_res_ofd *first, unsigned *any_flags)
{
    const struct ck_res_ofd *end = c->all + c->count, *o;
    int ends = 0;

    *any_flags = 0;
    for (o = first; o < end && same(o, first); o++) {
        unsigned acc = o->flags & O_ACCMODE;

        ends |= (acc != O_WRONLY ? CK_READ_END : 0) |
                (acc != O_RDONLY ? CK_WRITE_END : 0);
        *any_flags |= o->flags;
    }
    return ends;
}

/* Are both ends in the tree, closed everywhere, or nobody's matter? 0, or
 * refused. */
static int ends_known(struct ck_res_save *c, const struct ck_res_ofd *first,
                      int ends)
{
    int readers = ends & CK_READ_END, fd, alone;

    if (first->ngiven || (readers && (ends & CK_WRITE_END)))
        return 0;
    fd = ck_res_pipe_open(first, readers ? O_RDONLY : O_WRONLY);
    if (fd < 0)
        return ck_res_why(c->why, c->whycap, -EAGAIN,
                          "a pipe that can't be looked at: %s",
                          strerror(errno));
    alone = hung_up(fd, readers ? POLLHUP : POLLERR);
    close(fd);
    if (alone)
        return 0;
    return ck_res_why(c->why, c->whycap, -EAGAIN,
                      "a pipe whose other end is in a process outside of the "
                      "computation; start that process under it as well");
}

/* A description that can be read from, where there is one. */
static const struct ck_res_ofd *reader_of(const struct ck_res_save *c,
                                          const struct ck_res_ofd *first)
{
    const struct ck_res_ofd *end = c->all + c->count, *o = first;

    while (o < end && same(o, first) && (o->flags & O_ACCMODE) == O_WRONLY)
        o++;
    return o < end && same(o, first) ? o : first;
}

static int put_all(struct ck_res_save *c, const struct ck_res_ofd *o, int fd,
                   uint64_t end, uint64_t *total)
{
    static char buf[65536];

    while (*total < end) {
        ssize_t n = read(fd, buf, sizeof(buf));
        int rc;

        if (n <= 0)
            return n < 0 ? -errno : -EIO;
        rc = c->sink->write(c->sink, o->id, *total, buf, (size_t)n);
        if (rc)
            return rc;
        *total += (uint64_t)n;
    }
    return 0;
}

/* What is in the pipe, as far as it goes, into `to`, which is as large. */
static long tee_all(struct ck_res_save *c, int fd, int to, uint32_t capacity,
                    int avail)
{
    long n;

    /* A small pipe full of small pieces needs as many slots as it has. */
    fcntl(to, F_SETPIPE_SZ, capacity);
    n = tee(fd, to, (size_t)avail, SPLICE_F_NONBLOCK);
    if (n < 0)
        return -errno;
    return n < avail ? ck_res_why(c->why, c->whycap, -EAGAIN,
                                  "a pipe whose contents can't be copied "
                                  "(%ld of %d bytes)", n, avail)
                     : n;
}

long ck_res_pipe_copy_more(struct ck_res_save *c, const struct ck_res_ofd *o,
                           uint32_t capacity, int more, uint64_t from)
{
    int fd = ck_res_pipe_open(reader_of(c, o), O_RDONLY);
    int copy[2] = {-1, -1}, avail = 0;
    uint64_t total = 0, end;
    struct stat st = {.st_size = (off_t)from};
    long rc = 0;

    if (fd < 0 || ioctl(fd, FIONREAD, &avail) < 0 ||
        (more >= 0 && (fstat(more, &st) < 0 ||
                       lseek(more, (off_t)from, SEEK_SET) < 0)) ||
        (avail && pipe2(copy, O_CLOEXEC | O_NONBLOCK) < 0))
        rc = -errno;
    end = (uint64_t)avail + ((uint64_t)st.st_size - from);
    if (!rc && end)
        rc = c->sink->open(c->sink, o->id, end / 65536 + 4);
    if (rc >= 0 && avail)
        rc = tee_all(c, fd, copy[1], capacity, avail);
    if (rc >= 0 && avail)
        rc = put_all(c, o, copy[0], (uint64_t)avail, &total);
    if (rc >= 0 && total < end)
        rc = put_all(c, o, more, end, &total);
    if (rc < 0 && !c->why[0])
        ck_res_why(c->why, c->whycap, (int)rc, "a pipe that can't be read: %s",
                   strerror((int)-rc));
    if (fd >= 0)
        close(fd);
    if (copy[0] >= 0)
        close(copy[0]);
    if (copy[1] >= 0)
        close(copy[1]);
    return rc < 0 ? rc == -ECANCELED ? rc : -EAGAIN : (long)total;
}

long ck_res_pipe_copy(struct ck_res_save *c, const struct ck_res_ofd *o,
                      uint32_t capacity)
{
    return ck_res_pipe_copy_more(c, o, capacity, -1, 0);
}

static int pipe_save(struct ck_res_save *c, const struct ck_res_ofd *o,
                     struct ck_wr *w)
{
    const struct ck_res_ofd *first = ck_res_pipe_first(c, o);
    struct pipe_body b = {.dev = o->st.st_dev, .ino = o->st.st_ino};
    unsigned any;
    int ends = ck_res_pipe_ends(c, first, &any), fd;
    long n;

    fd = ck_res_pipe_open(o, o->flags & O_ACCMODE);
    if (fd < 0)
        return ck_res_why(c->why, c->whycap, -EAGAIN,
                          "a pipe that can't be looked at: %s",
                          strerror(errno));
    n = fcntl(fd, F_GETPIPE_SZ);
    close(fd);
    b.capacity = n > 0 ? (uint32_t)n : 65536;
    c->outside = ends != (CK_READ_END | CK_WRITE_END);
    if (o == first) {
        n = ends_known(c, first, ends);
        if (!n && (ends & CK_READ_END)) /* else it is for nobody of ours */
            n = ck_res_pipe_copy(c, first, b.capacity);
        if (n < 0)
            return (int)n;
        if (n > 0 && (any & O_DIRECT))
            return ck_res_why(c->why, c->whycap, -EAGAIN,
                              "a pipe in packet mode with data in it");
        b.bytes = (uint32_t)n;
    }
    pipe_body_put(w, &b);
    return 0;
}

static int body_of(struct ck_res_load *c, const struct ck_ofd *rec,
                   struct pipe_body *b)
{
    struct ck_rd r;

    ck_rd_init(&r, rec->body.p, rec->body.n);
    if (pipe_body_get(&r, b))
        return ck_res_why(c->why, c->whycap, -EBADMSG,
                          "damaged description of a pipe");
    return 0;
}

static int pipe_check(struct ck_res_load *c, const struct ck_ofd *rec)
{
    struct pipe_body b;

    return body_of(c, rec, &b);
}

struct fill {
    int fd;
    int capacity;
};

/* What fitted when the pieces were small may not fit the pages of now: the
 * pipe is made larger then. */
static int fill_pipe(void *arg, uint64_t off, const void *p, size_t n)
{
    struct fill *f = arg;
    const char *q = p;

    (void)off;
    while (n) {
        ssize_t k = write(f->fd, q, n);

        if (k > 0) {
            q += k;
            n -= (size_t)k;
        } else if (errno == EAGAIN && f->capacity < 1 << 30) {
            f->capacity *= 2;
            if (fcntl(f->fd, F_SETPIPE_SZ, f->capacity) < 0)
                return -errno;
        } else if (errno != EINTR) {
            return -errno;
        }
    }
    return 0;
}

int ck_res_pipe_fill(struct ck_res_load *c, uint32_t id, int fd)
{
    struct fill f = {fd, fcntl(fd, F_GETPIPE_SZ)};
    int rc = c->source->read(c->source, id, fill_pipe, &f);

    if (!rc)
        return 0;
    return ck_res_why(c->why, c->whycap, rc, "can't fill a pipe again: %s",
                      strerror(-rc));
}

/* pipe() makes descriptions without O_LARGEFILE, and no open does; of such
 * there is one for each end. Packet mode can be set, but not be opened with. */
static int give_end(int end, unsigned flags)
{
    int fd;

    if (flags & CK_LARGEFILE || (flags & O_ACCMODE) == O_RDWR) {
        fd = ck_res_reopen(end, flags & KEEP_FLAGS);
    } else {
        fd = fcntl(end, F_DUPFD_CLOEXEC, 3);
        fd = fd < 0 ? -errno : fd;
    }
    if (fd >= 0)
        fcntl(fd, F_SETFL, flags & (O_NONBLOCK | O_DIRECT));
    return fd;
}

static int pipe_load(struct ck_res_load *c, const struct ck_ofd *rec)
{
    struct ck_res_shared *s;
    struct pipe_body b;
    int fresh, fd, rc = body_of(c, rec, &b);

    if (rc)
        return rc;
    s = ck_res_share(c, b.dev, b.ino, &fresh);
    if (!s)
        return -ENOMEM;
    if (fresh) {
        if (pipe2(s->fd, O_CLOEXEC | O_NONBLOCK) < 0)
            goto fail;
        /* An unprivileged user may be over the limit: the size is a matter
         * of speed, but for what is in the pipe, and fill_pipe sees that. */
        fcntl(s->fd[1], F_SETPIPE_SZ, (int)b.capacity);
    }
    rc = b.bytes ? ck_res_pipe_fill(c, rec->id, s->fd[1]) : 0;
    if (rc)
        return rc;
    fd = give_end(s->fd[(rec->flags & O_ACCMODE) == O_WRONLY], rec->flags);
    if (fd >= 0)
        return fd;
    errno = -fd;
fail:
    return ck_res_why(c->why, c->whycap, -errno, "can't make a pipe: %s",
                      strerror(errno));
}

static int pipe_alike(const struct ck_ofd *rec, int fd)
{
    struct stat st;

    (void)rec;
    return fstat(fd, &st) == 0 && S_ISFIFO(st.st_mode);
}

static void pipe_describe(const struct ck_ofd *rec, char *buf, size_t cap)
{
    unsigned acc = rec->flags & O_ACCMODE;
    struct pipe_body b;
    struct ck_rd r;

    ck_rd_init(&r, rec->body.p, rec->body.n);
    if (pipe_body_get(&r, &b)) {
        snprintf(buf, cap, "?");
        return;
    }
    snprintf(buf, cap, "pipe %lu, %s end", (unsigned long)b.ino,
             acc == O_RDONLY ? "read" : acc == O_WRONLY ? "write" : "each");
    if (b.bytes) {
        size_t n = strlen(buf);

        snprintf(buf + n, cap - n, ", %u bytes in it", b.bytes);
    }
}

const struct ck_res ck_res_pipe = {
    .name = "pipe",
    .inner = 1,
    .match = pipe_match,
    .save = pipe_save,
    .check = pipe_check,
    .load = pipe_load,
    .alike = pipe_alike,
    .describe = pipe_describe,
};
