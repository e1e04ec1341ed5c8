/*
 * epoll.c - a set of descriptors that are waited for: which, for what, and
 * the program's word about each.
 *
 * fdinfo has all of it but the descriptions, only the number that each had
 * when it was put in. The number may be somebody else's by now, where the
 * program has closed a duplicate; kcmp tells. An item lives as long as its
 * description, so that some process has it, or a socket on the way to one. An
 * item that only processes outside of the tree have, who share the set, is
 * theirs: it is left out.
 *
 * At a restart a process that has the set puts the items in (restart/blob),
 * when it has all descriptions. An edge that was reported already is reported
 * once more: the kernel does so whenever an item is put in.
 */
#include "lib/res/kind.h"

#include <fcntl.h>
#include <inttypes.h>
#include <linux/kcmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "restart/ops.h"

/* The items are in the stream, one behind the other. */
#define BODY_FIELDS(F) F(U32, items)
CK_RECORD(epoll_body, BODY_FIELDS)
CK_RES_BODY(epoll_body, "an epoll set")

#define ITEM_FIELDS(F) F(U32, target) F(U32, fd) F(U32, events) F(U64, data)
CK_RECORD(epoll_item, ITEM_FIELDS)
#define ITEM_LEN 20
#define ITEMS_MAX (1u << 24)

static int epoll_match(const struct ck_res_ofd *o)
{
    return !strcmp(o->link, "anon_inode:[eventpoll]");
}

/* ---- saving ---- */

struct lines {
    const char *next; /* in fdinfo */
    uint32_t *seen;   /* by number: how many items so far */
};

static const char *item_line(const char *p)
{
    while (p && strncmp(p, "tfd:", 4)) {
        p = strchr(p, '\n');
        p = p ? p + 1 : NULL;
    }
    return p;
}

static int is_target(const struct ck_res_ofd *o, const struct ck_res_ofd *t,
                     struct kcmp_epoll_slot *slot)
{
    return syscall(SYS_kcmp, t->tid, o->tid, KCMP_EPOLL_TFD, t->fd, slot) == 0;
}

/* toff: the how many-th item of that number it is. */
static const struct ck_res_ofd *target_of(struct ck_res_save *c,
                                          const struct ck_res_ofd *o,
                                          uint32_t fd, uint32_t toff,
                                          uint64_t ino)
{
    struct kcmp_epoll_slot slot = {(uint32_t)o->fd, fd, toff};
    const struct ck_res_ofd *t = c->find(c, o->pid, (int)fd);

    if (t && is_target(o, t, &slot))
        return t;
    for (t = c->all; t < c->all + c->count; t++) {
        if (t->st.st_ino == ino && is_target(o, t, &slot))
            return t;
    }
    return NULL;
}

static int next_item(struct ck_res_save *c, const struct ck_res_ofd *o,
                     struct lines *l, struct epoll_item *item)
{
    const struct ck_res_ofd *t;
    uint64_t ino;

    if (sscanf(l->next, "tfd: %" SCNu32 " events: %" SCNx32 " data: %" SCNx64
                        " pos:%*d ino:%" SCNx64, &item->fd, &item->events,
               &item->data, &ino) != 4)
        return ck_res_why(c->why, c->whycap, -ENOTSUP,
                          "an epoll set that this kernel does not tell "
                          "enough about");
    t = target_of(c, o, item->fd, l->seen[item->fd]++, ino);
    item->target = t ? t->id : 0;
    l->next = item_line(l->next + 1);
    return 0;
}

/* *n: how many there are at most, and are saved. */
static int save_items(struct ck_res_save *c, const struct ck_res_ofd *o,
                      struct lines *l, uint32_t *n, uint8_t *buf)
{
    struct epoll_item item;
    struct ck_wr w;
    size_t len;
    int rc = 0;

    ck_wr_init(&w, buf, (size_t)*n * ITEM_LEN);
    while (!rc && l->next) {
        rc = next_item(c, o, l, &item);
        if (!rc && item.target)
            epoll_item_put(&w, &item);
    }
    len = w.len;
    *n = (uint32_t)(len / ITEM_LEN);
    if (!rc && len)
        rc = c->sink->open(c->sink, o->id, len / CK_RES_PIECE + 1);
    for (size_t off = 0; !rc && off < len; off += CK_RES_PIECE)
        rc = c->sink->write(c->sink, o->id, off, buf + off,
                            len - off < CK_RES_PIECE ? len - off
                                                     : CK_RES_PIECE);
    return rc;
}

static int epoll_save(struct ck_res_save *c, const struct ck_res_ofd *o,
                      struct ck_wr *w)
{
    struct lines l = {.next = item_line(o->info)};
    struct epoll_body b = {0};
    uint32_t max = 0;
    uint8_t *buf;
    int rc;

    for (const char *p = l.next; p; p = item_line(p + 1)) {
        uint32_t fd = (uint32_t)strtoul(p + 4, NULL, 10);

        max = fd > max ? fd : max;
        b.items++;
    }
    l.seen = calloc((size_t)max + 1, sizeof(*l.seen));
    buf = malloc((size_t)b.items * ITEM_LEN + 1);
    rc = l.seen && buf ? 0 : -ENOMEM;
    if (!rc && b.items)
        rc = save_items(c, o, &l, &b.items, buf);
    free(l.seen);
    free(buf);
    if (!rc)
        epoll_body_put(w, &b);
    return rc;
}

/* ---- putting back ---- */

struct items {
    uint8_t *buf;
    size_t len;
};

static int put_piece(void *arg, uint64_t off, const void *p, size_t n)
{
    struct items *s = arg;

    if (off > s->len || n > s->len - off)
        return -EBADMSG;
    memcpy(s->buf + off, p, n);
    return 0;
}

/* Calls each with every item. */
static int with_items(struct ck_res_load *c, const struct ck_ofd *rec,
                      int (*each)(struct ck_res_load *c,
                                  const struct epoll_item *item, void *arg),
                      void *arg)
{
    struct items s = {0};
    struct epoll_item item;
    struct epoll_body b;
    struct ck_rd r;
    int rc = epoll_body_of(c, rec, &b);

    if (rc || !b.items)
        return rc;
    s.len = (size_t)b.items * ITEM_LEN;
    s.buf = b.items < ITEMS_MAX ? calloc(1, s.len) : NULL;
    if (!s.buf)
        return -ENOMEM;
    rc = c->source->read(c->source, rec->id, put_piece, &s);
    for (size_t i = 0; !rc && i < b.items; i++) {
        ck_rd_init(&r, s.buf + i * ITEM_LEN, ITEM_LEN);
        rc = epoll_item_get(&r, &item) ? -EBADMSG : each(c, &item, arg);
    }
    free(s.buf);
    return rc;
}

/* What stands for standard input, output or error now need not be a thing
 * that can be waited for. */
static int check_item(struct ck_res_load *c, const struct epoll_item *item,
                      void *arg)
{
    const struct ck_ofd *t = c->record(c, item->target);
    struct epoll_event ev = {.events = EPOLLIN};
    const struct ck_given *g;
    int rc, *set = arg;

    if (!t)
        return ck_res_why(c->why, c->whycap, -EBADMSG,
                          "damaged description of an epoll set");
    g = ck_res_given(c->given, c->ngiven, t, (int)item->fd);
    if (!g)
        return 0;
    rc = epoll_ctl(*set, EPOLL_CTL_ADD, g->fd, &ev);
    if (rc < 0 && errno == EPERM)
        return ck_res_why(c->why, c->whycap, -EPERM,
                          "it waits for standard %s by epoll, and that is a "
                          "file or /dev/null here: connect it to a terminal "
                          "or a pipe as it was",
                          g->number == 0   ? "input"
                          : g->number == 1 ? "output"
                                           : "error");
    if (!rc)
        epoll_ctl(*set, EPOLL_CTL_DEL, g->fd, NULL);
    return 0;
}

static int epoll_check(struct ck_res_load *c, const struct ck_ofd *rec)
{
    int set = epoll_create1(EPOLL_CLOEXEC), rc;

    if (set < 0)
        return -errno;
    rc = with_items(c, rec, check_item, &set);
    close(set);
    return rc;
}

static int epoll_load(struct ck_res_load *c, const struct ck_ofd *rec)
{
    int fd = epoll_create1(EPOLL_CLOEXEC);

    if (fd < 0)
        return ck_res_why(c->why, c->whycap, -errno,
                          "can't make an epoll set: %s", strerror(errno));
    if (rec->flags & O_NONBLOCK)
        fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
    return fd;
}

struct adding {
    uint32_t who;
    int set, fired;
};

static int link_item(struct ck_res_load *c, const struct epoll_item *item,
                     void *arg)
{
    const struct ck_ofd *t = c->record(c, item->target);
    struct adding *a = arg;
    const struct ck_given *g =
        t ? ck_res_given(c->given, c->ngiven, t, (int)item->fd) : NULL;
    int src = g ? g->fd : c->loaded(c, item->target);
    struct ck_op_epoll op = {.set = (uint32_t)a->set,
                             .src = (uint32_t)src,
                             .fd = item->fd,
                             .events = item->events,
                             .data = item->data};
    uint8_t buf[64];
    struct ck_wr w;
    int rc;

    if (!t || src < 0)
        return -EBADMSG;
    if (CK_EPOLL_FIRED(item->events) != a->fired)
        return 0;
    if (!strcmp(t->kind, "pidfd") && (rc = ck_res_pidfd_into(c, t, a->who)))
        return rc;
    ck_wr_init(&w, buf, sizeof(buf));
    ck_op_epoll_put(&w, &op);
    return c->inside(c, a->who, CK_OP_T_EPOLL, &w);
}

/* Those that have fired go first: restart/blob/epoll.c. All are put in by
 * one process, the first that has the set. */
static int epoll_link(struct ck_res_load *c, const struct ck_ofd *rec, int fd)
{
    struct adding a = {c->holder(c, rec->id, 0), fd, 1};
    int rc = with_items(c, rec, link_item, &a);

    a.fired = 0;
    return rc ? rc : with_items(c, rec, link_item, &a);
}

static void epoll_describe(const struct ck_ofd *rec, char *buf, size_t cap)
{
    struct epoll_body b;

    if (epoll_body_of(NULL, rec, &b))
        snprintf(buf, cap, "?");
    else
        snprintf(buf, cap, "epoll set with %u item%s", b.items,
                 b.items == 1 ? "" : "s");
}

const struct ck_res ck_res_epoll = {
    .name = "epoll",
    .inner = 1,
    .match = epoll_match,
    .save = epoll_save,
    .check = epoll_check,
    .load = epoll_load,
    .link = epoll_link,
    .describe = epoll_describe,
};
