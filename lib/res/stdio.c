/*
 * stdio.c - what the tree's root was given and leads outside: as standard
 * input, output or error a terminal, a pipe, a socket, another device; as a
 * higher number a terminal or a socket of a family that no kind knows.
 *
 * It cannot be opened again. At a restart the surroundings have something
 * in its place, and the program gets that (given.c). One terminal on all
 * three numbers is one open file description, and may be three afterwards; so
 * it is decided per descriptor.
 *
 * What a launcher (srun) has brought to a task and it has not read is saved,
 * for the launcher reads its own input on behind that: it lies in the pipe, and
 * in a file what that had no room for (lib/image/intake.h). At a restart it is
 * put there before the launcher reads anything. An srun that is not of the
 * computation begins anew; nothing may be unread then.
 *
 * A new terminal gets the settings of the old one, if it is ours to set: if
 * we are in its foreground. It keeps its size.
 */
#include "lib/res/pty.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/image/intake.h"
#include "lib/sys/fmt.h"

/* mode, domain, type: what it was, as stat() and a socket say. foreground: the
 * group that had the terminal. tty: a ck_tty record, if it is a terminal.
 * task: the tree's name, if bytes that a launcher has brought are saved. */
#define BODY_FIELDS(F)                                                      \
    F(U32, mode) F(U32, domain) F(U32, type) F(U32, foreground)             \
    F(BLOB, tty) F(STR, was) F(STR, task) F(U64, bytes)
CK_RECORD(stdio_body, BODY_FIELDS)

static int is_standard(const struct ck_res_ofd *o)
{
    for (size_t i = 0; i < o->ngiven; i++) {
        if (o->given[i] <= 2)
            return 1;
    }
    return 0;
}

/* Pipes and common sockets above 2 have kinds that know how they look when
 * the other end has closed. */
static int stdio_match(const struct ck_res_ofd *o)
{
    if (!o->ngiven || S_ISREG(o->st.st_mode) || S_ISDIR(o->st.st_mode))
        return 0;
    return is_standard(o) || S_ISCHR(o->st.st_mode) ||
           (S_ISSOCK(o->st.st_mode) && o->domain != AF_UNIX &&
            o->domain != AF_INET && o->domain != AF_INET6 &&
            o->domain != AF_NETLINK);
}

static int has_input(const struct ck_res_ofd *o)
{
    for (size_t i = 0; i < o->ngiven; i++) {
        if (o->given[i] == 0)
            return 1;
    }
    return 0;
}

static int unread(const struct ck_res_ofd *o, uint32_t *capacity)
{
    int fd = ck_res_pipe_open(o, O_RDONLY), n = 0;

    if (fd < 0)
        return 0;
    if (ioctl(fd, FIONREAD, &n) < 0)
        n = 0;
    *capacity = (uint32_t)fcntl(fd, F_GETPIPE_SZ);
    close(fd);
    return n;
}

/* What has come for this task, or nothing. How many bytes, or -errno. */
static long save_input(struct ck_res_save *c, const struct ck_res_ofd *o)
{
    char path[1300];
    uint32_t capacity = 65536;
    uint64_t done = 0;
    int n = unread(o, &capacity), ours, more;
    long rc;

    ours = ck_intake_path(path, sizeof(path), c->job_dir, c->task) == 0;
    if (!ours && n > 0)
        return ck_res_why(c->why, c->whycap, -EAGAIN,
                          "its standard input, of which srun has brought %d "
                          "bytes that were not read yet", n);
    if (!ours || ck_res_pipe_first(c, o) != o)
        return 0;
    more = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (more >= 0 && pread(more, &done, sizeof(done), 0) != sizeof(done))
        done = 0;
    rc = ck_res_pipe_copy_more(c, o, capacity, more, CK_INTAKE_HEAD + done);
    if (more >= 0)
        close(more);
    return rc;
}

static int stdio_save(struct ck_res_save *c, const struct ck_res_ofd *o,
                      struct ck_wr *w)
{
    struct stdio_body b = {.mode = o->st.st_mode,
                           .domain = (uint32_t)o->domain,
                           .type = (uint32_t)o->type,
                           .was = o->link};
    uint8_t buf[CK_TTY_MAX];
    struct winsize ws = {0};
    struct termios2 t;
    struct ck_tty r;
    int fd = -1;
    long n = 0;

    c->outside = 1;
    if (c->task && has_input(o) && S_ISFIFO(o->st.st_mode))
        n = save_input(c, o);
    if (n < 0)
        return (int)n;
    b.bytes = (uint64_t)n;
    b.task = n ? c->task : "";
    if (S_ISCHR(o->st.st_mode)) {
        b.foreground = c->foreground(c, o->pid);
        fd = ck_res_take(o);
    }
    if (fd >= 0 && ioctl(fd, TCGETS2, &t) == 0) {
        ioctl(fd, TIOCGWINSZ, &ws);
        ck_tty_record(&r, &t, &ws);
        b.tty = ck_tty_encode(&r, buf, sizeof(buf));
    }
    if (fd >= 0)
        close(fd);
    stdio_body_put(w, &b);
    return 0;
}

CK_RES_BODY(stdio_body, "standard input or output")

uint32_t ck_res_stdio_foreground(const struct ck_ofd *rec)
{
    struct stdio_body b;

    return strcmp(rec->kind, "stdio") || stdio_body_of(NULL, rec, &b)
               ? 0
               : b.foreground;
}

static int stdio_check(struct ck_res_load *c, const struct ck_ofd *rec)
{
    struct stdio_body b;

    return stdio_body_of(c, rec, &b);
}

static int stdio_alike(const struct ck_ofd *rec, int fd)
{
    struct stdio_body b;
    struct stat st;

    if (stdio_body_of(NULL, rec, &b) || fstat(fd, &st) < 0 ||
        (st.st_mode & S_IFMT) != (b.mode & S_IFMT))
        return 0;
    return !S_ISSOCK(b.mode) ||
           ck_res_alike_socket(fd, (int)b.domain, (int)b.type);
}

/* A socket whose peer has closed. */
static int left_socket(int flags)
{
    int pair[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | flags, 0, pair) < 0)
        return -errno;
    close(pair[1]);
    return pair[0];
}

/* Nothing has taken its place. */
static int stdio_load(struct ck_res_load *c, const struct ck_ofd *rec)
{
    int flags = (int)rec->flags & O_NONBLOCK, fd;
    struct stdio_body b;
    int rc = stdio_body_of(c, rec, &b);

    if (rc)
        return rc;
    if (S_ISSOCK(b.mode))
        fd = left_socket(flags);
    else if (S_ISCHR(b.mode))
        fd = ck_pty_hung_up(rec->flags);
    else
        fd = ck_res_open("/dev/null", O_RDWR | (unsigned)flags);
    if (fd >= 0)
        return fd;
    return ck_res_why(c->why, c->whycap, fd,
                      "nothing can take its place: %s", strerror(-fd));
}

struct input {
    struct ck_res_load *c;
    const char *task;
    int pipe, full, rest;
};

/* What has no room is for the runtime to put in. */
static int keep_rest(struct input *in, const void *p, size_t n)
{
    const uint64_t done = 0;
    int rc = 0;

    if (in->rest < 0) {
        in->rest = ck_intake_make(in->c->job_dir, in->task);
        rc = in->rest < 0 ? in->rest
                          : (int)ck_write_all(in->rest, &done, sizeof(done));
    }
    return rc ? rc : (int)ck_write_all(in->rest, p, n);
}

static int put_input(void *arg, uint64_t off, const void *p, size_t n)
{
    struct input *in = arg;
    const char *q = p;

    (void)off;
    while (n && !in->full) {
        ssize_t k = write(in->pipe, q, n);

        in->full = k <= 0;
        q += k > 0 ? k : 0;
        n -= k > 0 ? (size_t)k : 0;
    }
    return n ? keep_rest(in, q, n) : 0;
}

/* The launcher that has made this pipe has not read anything yet. */
static int fill(struct ck_res_load *c, const struct ck_ofd *rec,
                const struct stdio_body *b, int fd)
{
    struct input in = {c, b->task, ck_res_reopen(fd, O_WRONLY | O_NONBLOCK),
                       0, -1};
    int rc = in.pipe < 0 ? in.pipe : 0;

    if (!rc && b->bytes > (uint64_t)fcntl(in.pipe, F_GETPIPE_SZ))
        fcntl(in.pipe, F_SETPIPE_SZ, 1 << 20);
    if (!rc)
        rc = c->source->read(c->source, rec->id, put_input, &in);
    if (in.rest >= 0)
        close(in.rest);
    if (in.pipe >= 0)
        close(in.pipe);
    return rc ? ck_res_why(c->why, c->whycap, rc, "the %llu bytes that it had "
                           "not read can't be put back: %s",
                           (unsigned long long)b->bytes, strerror(-rc))
              : 0;
}

static int stdio_link(struct ck_res_load *c, const struct ck_ofd *rec, int fd)
{
    struct stdio_body b;
    struct winsize was, is;
    struct termios2 t;
    struct stat st;

    if (!stdio_body_of(NULL, rec, &b) && b.bytes && !fstat(fd, &st) &&
        S_ISFIFO(st.st_mode))
        return fill(c, rec, &b, fd);
    if (stdio_body_of(NULL, rec, &b) || !b.tty.n || ck_tty_decode(b.tty, &t, &was) ||
        tcgetpgrp(fd) != getpgrp())
        return 0;
    ioctl(fd, TCSETS2, &t); /* a terminal of another kind may say no */
    if (ioctl(fd, TIOCGWINSZ, &is) == 0 &&
        (is.ws_row != was.ws_row || is.ws_col != was.ws_col))
        c->resized = 1;
    return 0;
}

static void stdio_describe(const struct ck_ofd *rec, char *buf, size_t cap)
{
    static const char *const names[] = {"input", "output", "error"};
    struct stdio_body b;
    size_t n;

    if (stdio_body_of(NULL, rec, &b)) {
        snprintf(buf, cap, "?");
        return;
    }
    n = (size_t)snprintf(buf, cap, "%s, the surroundings'", b.was);
    for (uint32_t i = 0; i < 3; i++) {
        if (ck_res_given_has(rec, i) && n < cap)
            n += (size_t)snprintf(buf + n, cap - n, " %s", names[i]);
    }
    if (b.bytes && n < cap)
        snprintf(buf + n, cap - n, ", %llu bytes that were not read",
                 (unsigned long long)b.bytes);
}

const struct ck_res ck_res_stdio = {
    .name = "stdio",
    .adopts = 1,
    .match = stdio_match,
    .save = stdio_save,
    .check = stdio_check,
    .load = stdio_load,
    .link = stdio_link,
    .alike = stdio_alike,
    .describe = stdio_describe,
};
