/*
 * stdio.c - what the tree's root was given as standard input, output or
 * error and leads outside: a terminal, a pipe, a socket, another device.
 *
 * It cannot be opened again. At a restart the surroundings have something
 * in its place, and the program gets that. One terminal on all three
 * numbers is one open file description, and may be three afterwards; so it
 * is decided per descriptor, by ck_res_stdio_slot.
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
#include <unistd.h>

/* slots: which of the root's three numbers it was, as bits. foreground: the
 * group that had the terminal. tty: a ck_tty record, if it is a terminal. */
#define BODY_FIELDS(F) \
    F(U8, slots) F(U32, foreground) F(BLOB, tty) F(STR, was)
CK_RECORD(stdio_body, BODY_FIELDS)

static int stdio_match(const struct ck_res_ofd *o)
{
    return o->slots && !S_ISREG(o->st.st_mode) && !S_ISDIR(o->st.st_mode);
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
    struct stdio_body b = {.slots = (uint8_t)o->slots, .was = o->link};
    uint8_t buf[CK_TTY_MAX];
    struct winsize ws = {0};
    struct termios2 t;
    struct ck_tty r;
    int fd = -1, n;

    if (c->step && (b.slots & 1) && S_ISFIFO(o->st.st_mode) &&
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

static int body_of(const struct ck_ofd *rec, struct stdio_body *b)
{
    struct ck_rd r;

    ck_rd_init(&r, rec->body.p, rec->body.n);
    if (stdio_body_get(&r, b) || !(b->slots & 7))
        return -EBADMSG;
    return 0;
}

int ck_res_stdio_slot(const struct ck_ofd *rec, int fd)
{
    static const int readers[] = {0, 1, 2}, writers[] = {1, 2, 0};
    const int *order = readers;
    struct stdio_body b;

    if (strcmp(rec->kind, "stdio") || body_of(rec, &b))
        return -1;
    if (fd >= 0 && fd <= 2 && (b.slots & (1 << fd)))
        return fd;
    if ((rec->flags & O_ACCMODE) != O_RDONLY)
        order = writers;
    for (int i = 0; i < 3; i++) {
        if (b.slots & (1 << order[i]))
            return order[i];
    }
    return -1;
}

uint32_t ck_res_stdio_foreground(const struct ck_ofd *rec)
{
    struct stdio_body b;

    return strcmp(rec->kind, "stdio") || body_of(rec, &b) ? 0 : b.foreground;
}

static int stdio_check(struct ck_res_load *c, const struct ck_ofd *rec)
{
    struct stdio_body b;

    if (body_of(rec, &b))
        return ck_res_why(c->why, c->whycap, -EBADMSG,
                          "damaged description of standard input or output");
    return 0;
}

/* A copy of the surroundings' descriptor. O_NONBLOCK is the program's own
 * wish and what it put on the old one. */
static int stdio_load(struct ck_res_load *c, const struct ck_ofd *rec)
{
    int slot = ck_res_stdio_slot(rec, -1), fd;

    if (slot < 0)
        return stdio_check(c, rec);
    if (c->stdio[slot] < 0)
        fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    else
        fd = fcntl(c->stdio[slot], F_DUPFD_CLOEXEC, 3);
    if (fd < 0)
        return ck_res_why(c->why, c->whycap, -errno,
                          "can't take over descriptor %d: %s", slot,
                          strerror(errno));
    if (rec->flags & O_NONBLOCK)
        fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
    return fd;
}

static int stdio_link(struct ck_res_load *c, const struct ck_ofd *rec, int fd)
{
    struct stdio_body b;
    struct winsize was, is;
    struct termios2 t;

    if (body_of(rec, &b) || !b.tty.n || ck_tty_decode(b.tty, &t, &was) ||
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

    if (body_of(rec, &b)) {
        snprintf(buf, cap, "?");
        return;
    }
    n = (size_t)snprintf(buf, cap, "%s, the surroundings' standard", b.was);
    for (int i = 0; i < 3; i++) {
        if ((b.slots & (1 << i)) && n < cap)
            n += (size_t)snprintf(buf + n, cap - n, " %s", names[i]);
    }
}

const struct ck_res ck_res_stdio = {
    .name = "stdio",
    .match = stdio_match,
    .save = stdio_save,
    .check = stdio_check,
    .load = stdio_load,
    .link = stdio_link,
    .describe = stdio_describe,
};
