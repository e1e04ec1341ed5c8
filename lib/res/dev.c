/*
 * dev.c - devices without a state of their own: opened again by path.
 */
#include "lib/res/kind.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define BODY_FIELDS(F) F(STR, path)
CK_RECORD(dev_body, BODY_FIELDS)

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

    (void)c;
    dev_body_put(w, &b);
    return 0;
}

static int dev_open(struct ck_res_load *c, const struct ck_ofd *rec)
{
    struct dev_body b;
    struct ck_rd r;
    int fd;

    ck_rd_init(&r, rec->body.p, rec->body.n);
    if (dev_body_get(&r, &b))
        return ck_res_why(c->why, c->whycap, -EBADMSG,
                          "damaged description of a device");
    fd = open(b.path, (int)(rec->flags & (O_ACCMODE | O_NONBLOCK | O_APPEND)) |
                          O_NOCTTY | O_CLOEXEC);
    if (fd < 0 && errno == ENXIO && !strcmp(b.path, "/dev/tty"))
        return ck_res_why(c->why, c->whycap, -ENXIO,
                          "it had its controlling terminal open, and here is "
                          "none: restart it from a terminal");
    if (fd < 0)
        return ck_res_why(c->why, c->whycap, -errno, "can't open %s: %s",
                          b.path, strerror(errno));
    return fd;
}

static int dev_check(struct ck_res_load *c, const struct ck_ofd *rec)
{
    int fd = dev_open(c, rec);

    if (fd >= 0)
        close(fd);
    return fd < 0 ? fd : 0;
}

static void dev_describe(const struct ck_ofd *rec, char *buf, size_t cap)
{
    struct dev_body b;
    struct ck_rd r;

    ck_rd_init(&r, rec->body.p, rec->body.n);
    snprintf(buf, cap, "%s", dev_body_get(&r, &b) ? "?" : b.path);
}

const struct ck_res ck_res_dev = {
    .name = "dev",
    .match = dev_match,
    .save = dev_save,
    .check = dev_check,
    .load = dev_open,
    .describe = dev_describe,
};
