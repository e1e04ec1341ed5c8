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
 * What a launcher (srun) has brought to a task and it has not read would be
 * lost: the launcher reads its own input on from where that was.
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

/* mode, domain, type: what it was, as stat() and a socket say. foreground: the
 * group that had the terminal. tty: a ck_tty record, if it is a terminal. */
#define BODY_FIELDS(F)                                                      \
    F(U32, mode) F(U32, domain) F(U32, type) F(U32, foreground)             \
    F(BLOB, tty) F(STR, was)
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

static int unread(const struct ck_res_ofd *o)
{
    int fd = ck_res_pipe_open(o, O_RDONLY), n = 0;

    if (fd < 0)
        return 0;
    if (ioctl(fd, FIONREAD, &n) < 0)
        n = 0;
    close(fd);
    return n;
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
    int fd = -1, n;

    c->outside = 1;
    if (c->step && has_input(o) && S_ISFIFO(o->st.st_mode) &&
        (n = unread(o)) > 0)
        return ck_res_why(c->why, c->whycap, -EAGAIN,
                          "its standard input, of which srun has brought %d "
                          "bytes that were not read yet", n);
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

static int stdio_link(struct ck_res_load *c, const struct ck_ofd *rec, int fd)
{
    struct stdio_body b;
    struct winsize was, is;
    struct termios2 t;

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
