/*
 * proc.c - what a process has open of its own directory in /proc: maps,
 * stat, fd. It belongs to this very process and is opened again by it,
 * before its memory is put back. Those of other processes are refused, and
 * so are those that several processes share.
 */
#include "lib/res/kind.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "restart/ops.h"

#define NAME_LEN 96

/* path: as every process names its own, "/proc/self/maps". */
#define BODY_FIELDS(F) F(STR, path) F(U64, pos)
CK_RECORD(proc_body, BODY_FIELDS)
CK_RES_BODY(proc_body, "a file in /proc")

static int proc_match(const struct ck_res_ofd *o)
{
    return !strncmp(o->link, "/proc/", 6) && o->link[6] > '0' &&
           o->link[6] <= '9';
}

/* Begins p with `text` and a whole path word? What follows, or NULL. */
static const char *behind(const char *p, const char *text)
{
    size_t n = strlen(text);

    return !strncmp(p, text, n) && (p[n] == '/' || p[n] == '\0') ? p + n
                                                                 : NULL;
}

static int proc_save(struct ck_res_save *c, const struct ck_res_ofd *o,
                     struct ck_wr *w)
{
    struct proc_body b = {.pos = o->pos};
    char own[64], first[96], path[NAME_LEN];
    const char *rest;

    snprintf(own, sizeof(own), "/proc/%d", o->pid);
    snprintf(first, sizeof(first), "/proc/%d/task/%d", o->pid, o->pid);
    if ((rest = behind(o->link, first)))
        snprintf(path, sizeof(path), "/proc/thread-self%s", rest);
    else if ((rest = behind(o->link, own)) && !behind(rest, "/task"))
        snprintf(path, sizeof(path), "/proc/self%s", rest);
    else
        return ck_res_why(c->why, c->whycap, -EAGAIN,
                          "%s, which belongs to another process or thread; "
                          "close it before the checkpoint", o->link);
    if (strlen(rest) > NAME_LEN - sizeof("/proc/thread-self"))
        return -ENAMETOOLONG;
    if (!c->alone(c, o))
        return ck_res_why(c->why, c->whycap, -EAGAIN,
                          "%s, which other processes have open as well; "
                          "close it before the checkpoint", o->link);
    b.path = path;
    proc_body_put(w, &b);
    return 0;
}

static int proc_check(struct ck_res_load *c, const struct ck_ofd *rec)
{
    struct proc_body b;
    int rc = proc_body_of(c, rec, &b);

    if (!rc && faccessat(AT_FDCWD, b.path, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
        rc = ck_res_why(c->why, c->whycap, -errno,
                        "%s was open, and this system has no such file",
                        b.path);
    return rc;
}

/* Nothing that could be inherited: it keeps the place. */
static int proc_load(struct ck_res_load *c, const struct ck_ofd *rec)
{
    int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

    (void)rec;
    return fd < 0 ? ck_res_why(c->why, c->whycap, -errno,
                               "can't open /dev/null: %s", strerror(errno))
                  : fd;
}

/* O_CREAT and the like were for the first opening. */
static unsigned open_flags(unsigned flags)
{
    return flags & ~(unsigned)(O_CREAT | O_EXCL | O_TRUNC | O_ASYNC);
}

static int proc_link(struct ck_res_load *c, const struct ck_ofd *rec, int fd)
{
    struct proc_body b;
    uint8_t buf[NAME_LEN + 32];
    struct ck_wr w;
    int rc = proc_body_of(c, rec, &b);

    if (rc)
        return rc;
    ck_wr_init(&w, buf, sizeof(buf));
    ck_op_open_put(&w, &(struct ck_op_open){(uint32_t)fd,
                                            open_flags(rec->flags), b.pos,
                                            b.path});
    return c->inside(c, c->holder(c, rec->id, 0), CK_OP_T_OPEN, &w);
}

static void proc_describe(const struct ck_ofd *rec, char *buf, size_t cap)
{
    struct proc_body b;

    snprintf(buf, cap, "%s", proc_body_of(NULL, rec, &b) ? "?" : b.path);
}

const struct ck_res ck_res_proc = {
    .name = "proc",
    .match = proc_match,
    .save = proc_save,
    .check = proc_check,
    .load = proc_load,
    .link = proc_link,
    .describe = proc_describe,
};
