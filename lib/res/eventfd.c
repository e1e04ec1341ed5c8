/*
 * eventfd.c - a counter that wakes: its value, and whether it is read down
 * by one.
 *
 * Linux before 6.5 does not tell the latter. It is tried there: nobody runs,
 * and the value is put back.
 */
#include "lib/res/kind.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define BODY_FIELDS(F) F(U64, count) F(U8, semaphore)
CK_RECORD(eventfd_body, BODY_FIELDS)
CK_RES_BODY(eventfd_body, "an eventfd")

static int eventfd_match(const struct ck_res_ofd *o)
{
    return !strcmp(o->link, "anon_inode:[eventfd]");
}

/* With two or more in it a read takes either one or all. */
static int is_semaphore(const struct ck_res_ofd *o, uint64_t count)
{
    uint64_t two = 2, one = 1, got = 0, rest;
    int fd = ck_res_take(o), flags, ok;

    if (fd < 0)
        return fd;
    flags = fcntl(fd, F_GETFL);
    fcntl(fd, F_SETFL, flags | O_NONBLOCK);
    ok = count >= 2 || write(fd, &two, sizeof(two)) > 0;
    ok = ok && read(fd, &got, sizeof(got)) > 0;
    if (ok && got > 1)
        ok = !count || write(fd, &count, sizeof(count)) > 0;
    else if (ok && count >= 2)
        ok = write(fd, &one, sizeof(one)) > 0;
    else if (ok)
        ok = read(fd, &rest, sizeof(rest)) > 0;
    fcntl(fd, F_SETFL, flags);
    close(fd);
    return ok ? got == 1 : -EIO;
}

static int eventfd_save(struct ck_res_save *c, const struct ck_res_ofd *o,
                        struct ck_wr *w)
{
    struct eventfd_body b = {.count = ck_res_info(o, "eventfd-count:", 16)};
    int semaphore = strstr(o->info, "eventfd-semaphore:")
                        ? (int)ck_res_info(o, "eventfd-semaphore:", 10)
                        : is_semaphore(o, b.count);

    if (semaphore < 0)
        return ck_res_why(c->why, c->whycap, semaphore,
                          "an eventfd that can't be looked at: %s",
                          strerror(-semaphore));
    b.semaphore = (uint8_t)semaphore;
    eventfd_body_put(w, &b);
    return 0;
}

static int eventfd_check(struct ck_res_load *c, const struct ck_ofd *rec)
{
    struct eventfd_body b;

    return eventfd_body_of(c, rec, &b);
}

static int eventfd_load(struct ck_res_load *c, const struct ck_ofd *rec)
{
    int flags = EFD_CLOEXEC | (rec->flags & O_NONBLOCK ? EFD_NONBLOCK : 0);
    struct eventfd_body b;
    int fd, rc = eventfd_body_of(c, rec, &b);

    if (rc)
        return rc;
    fd = eventfd(0, flags | (b.semaphore ? EFD_SEMAPHORE : 0));
    if (fd < 0 || (b.count && write(fd, &b.count, sizeof(b.count)) < 0)) {
        rc = ck_res_why(c->why, c->whycap, -errno,
                        "can't make an eventfd: %s", strerror(errno));
        if (fd >= 0)
            close(fd);
        return rc;
    }
    return fd;
}

static void eventfd_describe(const struct ck_ofd *rec, char *buf, size_t cap)
{
    struct eventfd_body b;

    if (eventfd_body_of(NULL, rec, &b))
        snprintf(buf, cap, "?");
    else
        snprintf(buf, cap, "eventfd at %llu%s", (unsigned long long)b.count,
                 b.semaphore ? ", a semaphore" : "");
}

const struct ck_res ck_res_eventfd = {
    .name = "eventfd",
    .inner = 1,
    .match = eventfd_match,
    .save = eventfd_save,
    .check = eventfd_check,
    .load = eventfd_load,
    .describe = eventfd_describe,
};
