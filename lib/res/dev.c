/*
 * dev.c - devices without a state of their own: opened again by path. What
 * /dev/tty leads to may be a pseudo-terminal of the tree's.
 */
#include "lib/res/pty.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* pty: number of the one saved with it, and 1; 0: none. */
#define BODY_FIELDS(F) F(STR, path) F(U32, pty)
CK_RECORD(dev_body, BODY_FIELDS)
CK_RES_BODY(dev_body, "a device")

static const char *path_of(dev_t rdev)
{
    static const struct {
        unsigned major, minor;
        const char *path;
    } known[] = {
        {1, 3, "/dev/null"},   {1, 5, "/dev/zero"},    {1, 7, "/dev/full"},
        {1, 8, "/dev/random"}, {1, 9, "/dev/urandom"}, {5, 0, "/dev/tty"},
    };

    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (rdev == makedev(known[i].major, known[i].minor))
            return known[i].path;
    }
    return NULL;
}

static int dev_match(const struct ck_res_ofd *o)
{
    return S_ISCHR(o->st.st_mode) && path_of(o->st.st_rdev);
}

static int dev_save(struct ck_res_save *c, const struct ck_res_ofd *o,
                    struct ck_wr *w)
{
    struct dev_body b = {.path = path_of(o->st.st_rdev)};

    if (o->st.st_rdev == makedev(5, 0))
        b.pty = (uint32_t)(ck_pty_index(c, o) + 1);
    dev_body_put(w, &b);
    return 0;
}

static int dev_open(struct ck_res_load *c, const struct ck_ofd *rec,
                    const struct dev_body *b)
{
    int fd = open(b->path,
                  (int)(rec->flags & (O_ACCMODE | O_NONBLOCK | O_APPEND)) |
                      O_NOCTTY | O_CLOEXEC);

    if (fd < 0 && errno == ENXIO && !strcmp(b->path, "/dev/tty"))
        return ck_res_why(c->why, c->whycap, -ENXIO,
                          "it had its controlling terminal open, and here is "
                          "none: restart it from a terminal");
    if (fd < 0)
        return ck_res_why(c->why, c->whycap, -errno, "can't open %s: %s",
                          b->path, strerror(errno));
    return fd;
}

static int dev_check(struct ck_res_load *c, const struct ck_ofd *rec)
{
    struct dev_body b;
    int fd, rc = dev_body_of(c, rec, &b);

    if (rc || b.pty)
        return rc;
    fd = dev_open(c, rec, &b);
    if (fd >= 0)
        close(fd);
    return fd < 0 ? fd : 0;
}

static int dev_load(struct ck_res_load *c, const struct ck_ofd *rec)
{
    struct dev_body b;
    int fd = dev_body_of(c, rec, &b);

    if (fd)
        return fd;
    if (!b.pty)
        return dev_open(c, rec, &b);
    fd = ck_pty_open_tty(c, b.pty - 1, rec->flags);
    if (fd < 0)
        return ck_res_why(c->why, c->whycap, fd,
                          "can't open its controlling terminal: %s",
                          strerror(-fd));
    return fd;
}

static void dev_describe(const struct ck_ofd *rec, char *buf, size_t cap)
{
    struct dev_body b;

    snprintf(buf, cap, "%s", dev_body_of(NULL, rec, &b) ? "?" : b.path);
}

const struct ck_res ck_res_dev = {
    .name = "dev",
    .match = dev_match,
    .save = dev_save,
    .check = dev_check,
    .load = dev_load,
    .describe = dev_describe,
};
