/*
 * signalfd.c - a descriptor that signals are read from: which ones. The
 * signals themselves wait in the processes, which save them.
 */
#include "lib/res/kind.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <unistd.h>

/* mask: bit n is signal n + 1. */
#define BODY_FIELDS(F) F(U64, mask)
CK_RECORD(signalfd_body, BODY_FIELDS)
CK_RES_BODY(signalfd_body, "a signalfd")

static int signalfd_match(const struct ck_res_ofd *o)
{
    return !strcmp(o->link, "anon_inode:[signalfd]");
}

static int signalfd_save(struct ck_res_save *c, const struct ck_res_ofd *o,
                         struct ck_wr *w)
{
    struct signalfd_body b = {.mask = ck_res_info(o, "sigmask:", 16)};

    (void)c;
    signalfd_body_put(w, &b);
    return 0;
}

static int signalfd_check(struct ck_res_load *c, const struct ck_ofd *rec)
{
    struct signalfd_body b;

    return signalfd_body_of(c, rec, &b);
}

static int signalfd_load(struct ck_res_load *c, const struct ck_ofd *rec)
{
    int flags = SFD_CLOEXEC | (rec->flags & O_NONBLOCK ? SFD_NONBLOCK : 0);
    struct signalfd_body b;
    int fd, rc = signalfd_body_of(c, rec, &b);

    if (rc)
        return rc;
    fd = (int)syscall(SYS_signalfd4, -1, &b.mask, sizeof(b.mask), flags);
    if (fd < 0)
        return ck_res_why(c->why, c->whycap, -errno,
                          "can't make a signalfd: %s", strerror(errno));
    return fd;
}

static void signalfd_describe(const struct ck_ofd *rec, char *buf, size_t cap)
{
    struct signalfd_body b;

    if (signalfd_body_of(NULL, rec, &b))
        snprintf(buf, cap, "?");
    else
        snprintf(buf, cap, "signalfd for mask %016" PRIx64, b.mask);
}

const struct ck_res ck_res_signalfd = {
    .name = "signalfd",
    .inner = 1,
    .match = signalfd_match,
    .save = signalfd_save,
    .check = signalfd_check,
    .load = signalfd_load,
    .describe = signalfd_describe,
};
