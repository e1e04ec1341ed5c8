/*
 * inotify.c - files and directories that are watched.
 *
 * The kernel tells number, inode and mask of a watch. Its path comes from
 * what the runtime has noted (lib/image/watched.h): all noted paths are
 * watched here too, in an instance of our own, and those are the ones whose
 * inode the kernel then tells alike. So it does not matter who noted a path,
 * when, and what it led to then. A path that has been renamed leads nowhere.
 *
 * Events that were not read can't be seen without taking them: they stay
 * where they are, and after a restart the program is told what the kernel
 * tells when it has lost events. What happens between checkpoint and restart
 * is not reported.
 */
#include "lib/res/kind.h"

#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/res/noted.h"
#include "lib/res/inotify_lost.h"

/* The watches are in the stream, each behind its length (U32). unread: there
 * were events. */
#define BODY_FIELDS(F) F(U32, items) F(U32, bytes) F(U8, unread)
CK_RECORD(inotify_body, BODY_FIELDS)
CK_RES_BODY(inotify_body, "an inotify instance")

#define ITEM_FIELDS(F) F(I32, wd) F(U32, mask) F(STR, path)
CK_RECORD(inotify_item, ITEM_FIELDS)
#define ITEM_MAX (PATH_MAX + 32)
#define BYTES_MAX (1u << 30)

static int inotify_match(const struct ck_res_ofd *o)
{
    return !strcmp(o->link, "anon_inode:inotify");
}

/* ---- saving ---- */

struct watch {
    int wd;
    uint32_t mask;
    uint64_t ino, dev;
    char *path;
};

struct watches {
    struct watch *v;
    size_t n, cap;
    int fd; /* our own instance */
};

static struct watch *room(struct watches *w)
{
    if (w->n == w->cap) {
        size_t cap = w->cap ? w->cap * 2 : 64;
        struct watch *more = realloc(w->v, cap * sizeof(*more));

        if (!more)
            return NULL;
        w->v = more;
        w->cap = cap;
    }
    memset(&w->v[w->n], 0, sizeof(*w->v));
    return &w->v[w->n];
}

static int parse_line(const char *line, struct watch *w)
{
    unsigned wd;

    if (sscanf(line, "inotify wd:%x ino:%" SCNx64 " sdev:%" SCNx64 " mask:%"
                     SCNx32, &wd, &w->ino, &w->dev, &w->mask) != 4)
        return 0;
    w->wd = (int)wd;
    return 1;
}

static int parse_all(const char *info, struct watches *w)
{
    for (const char *p = info; p; p = strchr(p, '\n')) {
        struct watch *x = room(w);

        if (!x)
            return -ENOMEM;
        p += *p == '\n';
        w->n += (size_t)parse_line(p, x);
    }
    return 0;
}

/* Watches what the path leads to now, under its plain name. */
static int try_path(struct watches *own, const char *path, int nofollow)
{
    char link[64], plain[PATH_MAX];
    int fd = open(path, O_PATH | O_CLOEXEC | nofollow), wd = -1;
    struct watch *w = room(own);
    ssize_t n = -1;

    snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    if (fd >= 0) {
        n = readlink(link, plain, sizeof(plain) - 1);
        close(fd);
    }
    if (!w)
        return -ENOMEM;
    if (n <= 0 || plain[0] != '/')
        return 0;
    plain[n] = '\0';
    wd = inotify_add_watch(own->fd, plain, IN_DELETE_SELF | IN_DONT_FOLLOW);
    if (wd < 0)
        return errno == ENOSPC ? -ENOSPC : 0;
    w->wd = wd;
    w->path = strdup(plain);
    own->n += w->path != NULL;
    return w->path ? 0 : -ENOMEM;
}

static int try_noted(struct watches *own, pid_t pid, const char *path)
{
    static const char self[] = "/proc/self/";
    char there[CK_WATCHED_LEN + 32];
    struct stat st;
    int rc;

    if (!strncmp(path, self, sizeof(self) - 1))
        snprintf(there, sizeof(there), "/proc/%d/%s", pid,
                 path + sizeof(self) - 1);
    else
        snprintf(there, sizeof(there), "%s", path);
    rc = try_path(own, there, 0);
    if (!rc && !lstat(there, &st) && S_ISLNK(st.st_mode))
        rc = try_path(own, there, O_NOFOLLOW);
    return rc;
}

static int try_all_of(struct watches *own, pid_t pid)
{
    static struct ck_watched_slot slot[64];
    struct ck_watched_head head;
    int fd = ck_res_noted(pid, &head), rc = 0;

    if (fd < 0)
        return 0;
    for (unsigned i = 0; head.slots && i < CK_WATCHED_SLOTS; i += 64) {
        off_t from = (off_t)(head.slots + i * sizeof(*slot));

        if (pread(fd, slot, sizeof(slot), from) != (ssize_t)sizeof(slot))
            break;
        for (int k = 0; !rc && k < 64; k++) {
            slot[k].path[CK_WATCHED_LEN - 1] = '\0';
            if (slot[k].state == CK_WATCHED_FULL)
                rc = try_noted(own, pid, slot[k].path);
        }
    }
    close(fd);
    return rc;
}

/* What the kernel tells about our own watches; each keeps its path. */
static int look_at_own(struct watches *own)
{
    char path[64], *line = NULL;
    size_t cap = 0;
    struct watch w;
    FILE *f;

    snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", own->fd);
    f = fopen(path, "re");
    if (!f)
        return -errno;
    while (getline(&line, &cap, f) > 0) {
        if (!parse_line(line, &w))
            continue;
        for (size_t i = 0; i < own->n; i++) {
            if (own->v[i].wd != w.wd)
                continue;
            own->v[i].ino = w.ino;
            own->v[i].dev = w.dev;
        }
    }
    free(line);
    fclose(f);
    return 0;
}

static int by_inode(const void *a, const void *b)
{
    const struct watch *x = a, *y = b;

    if (x->dev != y->dev)
        return x->dev < y->dev ? -1 : 1;
    return (x->ino > y->ino) - (x->ino < y->ino);
}

/* Gives each watch its path. Every process of the tree is asked: an instance
 * may have been handed on. */
static int find_paths(struct ck_res_save *c, const struct ck_res_ofd *o,
                      struct watches *w, struct watches *own)
{
    int rc = try_all_of(own, o->tid);

    for (size_t i = 0; !rc && i < c->count; i++) {
        pid_t tid = c->all[i].tid;
        size_t k = 0;

        while (k < i && c->all[k].tid != tid)
            k++;
        if (k == i && tid && tid != o->tid && tid != getpid())
            rc = try_all_of(own, tid);
    }
    if (!rc)
        rc = look_at_own(own);
    if (rc)
        return ck_res_why(c->why, c->whycap, rc,
                          "an inotify instance that can't be looked at: %s%s",
                          strerror(-rc),
                          rc == -ENOSPC ? " (fs.inotify.max_user_watches)"
                                        : "");
    if (own->n)
        qsort(own->v, own->n, sizeof(*own->v), by_inode);
    for (size_t i = 0; i < w->n; i++) {
        struct watch *found = own->n ? bsearch(&w->v[i], own->v, own->n,
                                               sizeof(*own->v), by_inode)
                                     : NULL;

        if (!found)
            return ck_res_why(c->why, c->whycap, -ENOTSUP,
                              "an inotify instance with a watch (%d, inode "
                              "%" PRIu64 ") on something that was renamed or "
                              "removed, or whose path was not noted",
                              w->v[i].wd, w->v[i].ino);
        w->v[i].path = found->path;
    }
    return 0;
}

static int save_items(struct ck_res_save *c, const struct ck_res_ofd *o,
                      const struct watches *w, struct inotify_body *b)
{
    uint8_t *buf = malloc(w->n * ITEM_MAX + 1);
    struct ck_wr wr, len;
    int rc = buf ? 0 : -ENOMEM;

    ck_wr_init(&wr, buf, buf ? w->n * ITEM_MAX : 0);
    for (size_t i = 0; !rc && i < w->n; i++) {
        struct inotify_item item = {w->v[i].wd, w->v[i].mask, w->v[i].path};
        size_t at = wr.len;

        ck_put_uint(&wr, 0, 4);
        inotify_item_put(&wr, &item);
        ck_wr_init(&len, buf + at, 4);
        ck_put_uint(&len, wr.len - at - 4, 4);
    }
    b->items = (uint32_t)w->n;
    b->bytes = (uint32_t)wr.len;
    if (!rc)
        rc = c->sink->open(c->sink, o->id, wr.len / CK_RES_PIECE + 1);
    for (size_t off = 0; !rc && off < wr.len; off += CK_RES_PIECE)
        rc = c->sink->write(c->sink, o->id, off, buf + off,
                            wr.len - off < CK_RES_PIECE ? wr.len - off
                                                        : CK_RES_PIECE);
    free(buf);
    return rc;
}

static int look_at_queue(struct ck_res_save *c, const struct ck_res_ofd *o,
                         uint8_t *unread)
{
    int fd = ck_res_take(o), waiting = 0, rc = fd < 0 ? fd : 0;

    if (!rc && ioctl(fd, FIONREAD, &waiting) < 0)
        rc = -errno;
    if (fd >= 0)
        close(fd);
    if (rc)
        return ck_res_why(c->why, c->whycap, rc,
                          "an inotify instance that can't be looked at: %s",
                          strerror(-rc));
    *unread = waiting > 0;
    return !waiting || ck_res_inotify_can_lose()
               ? 0
               : ck_res_why(c->why, c->whycap, -EAGAIN,
                            "an inotify instance with events that the "
                            "program has not read yet (which can be saved "
                            "where fs.inotify.max_queued_events is less)");
}

static int inotify_save(struct ck_res_save *c, const struct ck_res_ofd *o,
                        struct ck_wr *w)
{
    struct watches list = {0}, own = {0};
    struct inotify_body b = {0};
    int rc = look_at_queue(c, o, &b.unread);

    own.fd = inotify_init1(IN_CLOEXEC);
    if (!rc)
        rc = own.fd < 0 ? -errno : parse_all(o->info, &list);
    if (!rc && list.n)
        rc = find_paths(c, o, &list, &own);
    if (!rc && list.n)
        rc = save_items(c, o, &list, &b);
    if (!rc)
        inotify_body_put(w, &b);
    for (size_t i = 0; i < own.n; i++)
        free(own.v[i].path);
    free(own.v);
    free(list.v);
    if (own.fd >= 0)
        close(own.fd);
    return rc;
}

/* ---- putting back ---- */

struct bytes {
    uint8_t *p;
    size_t n;
};

static int put_piece(void *arg, uint64_t off, const void *p, size_t n)
{
    struct bytes *b = arg;

    if (off > b->n || n > b->n - off)
        return -EBADMSG;
    memcpy(b->p + off, p, n);
    return 0;
}

/* The number is chosen, as the program knows the watch by it. */
static int add(struct ck_res_load *c, int fd, const struct inotify_item *item)
{
    const uint32_t how = IN_ALL_EVENTS | IN_ONESHOT | IN_EXCL_UNLINK;
    int wd;

    if (ioctl(fd, CK_INOTIFY_SET_NEXT_WD, item->wd) < 0)
        return ck_res_why(c->why, c->whycap, -errno,
                          "an inotify watch can't get its number back: this "
                          "kernel has no CONFIG_CHECKPOINT_RESTORE");
    wd = inotify_add_watch(fd, item->path,
                           (item->mask & how) | IN_DONT_FOLLOW);
    if (wd < 0)
        return ck_res_why(c->why, c->whycap, -errno,
                          "%s was watched, and can't be now: %s%s",
                          item->path, strerror(errno),
                          errno == ENOSPC ? " (fs.inotify.max_user_watches)"
                                          : "");
    if (wd != item->wd)
        return ck_res_why(c->why, c->whycap, -ESTALE,
                          "%s was watched, and is the same file as another "
                          "one that was watched now", item->path);
    return 0;
}

/* The watches of an instance, one by one. */
struct items {
    struct inotify_body b;
    uint8_t *buf;
    struct ck_rd rd;
    uint32_t left;
};

static int items_of(struct ck_res_load *c, const struct ck_ofd *rec,
                    struct items *x)
{
    struct bytes s = {NULL, 0};
    int rc;

    memset(x, 0, sizeof(*x));
    rc = inotify_body_of(c, rec, &x->b);
    if (rc || !x->b.items)
        return rc;
    s.n = x->b.bytes;
    s.p = x->b.bytes < BYTES_MAX ? calloc(1, s.n + 1) : NULL;
    if (!s.p)
        return -ENOMEM;
    x->buf = s.p;
    x->left = x->b.items;
    rc = c->source->read(c->source, rec->id, put_piece, &s);
    ck_rd_init(&x->rd, s.p, s.n);
    return rc;
}

/* 1, 0 when there is none left, or -EBADMSG. */
static int next_item(struct items *x, struct inotify_item *item)
{
    struct ck_rd r;
    uint32_t n;
    const void *p;

    if (!x->left)
        return 0;
    x->left--;
    n = (uint32_t)ck_get_uint(&x->rd, 4);
    p = ck_get_raw(&x->rd, n);
    ck_rd_init(&r, p, p ? n : 0);
    return !p || inotify_item_get(&r, item) ? -EBADMSG : 1;
}

/* Afterwards numbers go on behind the highest. */
static int add_all(struct ck_res_load *c, const struct ck_ofd *rec, int fd)
{
    struct inotify_item item;
    struct items x;
    int rc = items_of(c, rec, &x), max = 0, more = 0;

    while (!rc && (more = next_item(&x, &item)) > 0) {
        rc = add(c, fd, &item);
        max = !rc && item.wd > max ? item.wd : max;
    }
    free(x.buf);
    if (!rc && max && max < INT_MAX)
        ioctl(fd, CK_INOTIFY_SET_NEXT_WD, max + 1);
    return rc ? rc : more;
}

/* Before there is a watch. Numbers then begin as they did before. */
static int tell_lost(struct ck_res_load *c, const struct ck_ofd *rec, int fd)
{
    struct ck_inotify_hint hint[CK_INOTIFY_HINTS + 1];
    struct inotify_item item;
    struct items x;
    struct stat st;
    unsigned n = 0;
    int rc = items_of(c, rec, &x), more = 0;

    while (!rc && n <= CK_INOTIFY_HINTS && (more = next_item(&x, &item)) > 0) {
        hint[n].wd = item.wd;
        hint[n].mask = item.mask & (IN_MODIFY | IN_ATTRIB);
        n += hint[n].mask && !lstat(item.path, &st) && !S_ISDIR(st.st_mode);
    }
    free(x.buf);
    if (rc || more < 0)
        return rc ? rc : more;
    rc = ck_res_inotify_lose(fd, c->job_dir, hint, n);
    if (rc)
        return ck_res_why(c->why, c->whycap, rc,
                          "an inotify instance had unread events, and that "
                          "they are lost can't be told: %s", strerror(-rc));
    ioctl(fd, CK_INOTIFY_SET_NEXT_WD, 1);
    return 0;
}

static int inotify_load(struct ck_res_load *c, const struct ck_ofd *rec)
{
    int flags = IN_CLOEXEC | (rec->flags & O_NONBLOCK ? IN_NONBLOCK : 0);
    int fd = inotify_init1(flags);

    if (fd < 0)
        return ck_res_why(c->why, c->whycap, -errno,
                          "can't make an inotify instance: %s%s",
                          strerror(errno),
                          errno == EMFILE ? " (fs.inotify.max_user_instances)"
                                          : "");
    return fd;
}

static int inotify_check(struct ck_res_load *c, const struct ck_ofd *rec)
{
    int fd = inotify_load(c, rec), rc = fd < 0 ? fd : add_all(c, rec, fd);
    struct inotify_body b;

    if (fd >= 0)
        close(fd);
    if (!rc)
        rc = inotify_body_of(c, rec, &b);
    if (!rc && b.unread && !ck_res_inotify_can_lose())
        rc = ck_res_why(c->why, c->whycap, -ENOTSUP,
                        "an inotify instance had unread events; that they "
                        "are lost can be told only where "
                        "fs.inotify.max_queued_events is less");
    return rc;
}

/* Last, so that what is done to files at a restart is not reported. */
static int inotify_link(struct ck_res_load *c, const struct ck_ofd *rec,
                        int fd)
{
    struct inotify_body b;
    int rc = inotify_body_of(c, rec, &b);

    if (!rc && b.unread)
        rc = tell_lost(c, rec, fd);
    return rc ? rc : add_all(c, rec, fd);
}

static void inotify_describe(const struct ck_ofd *rec, char *buf, size_t cap)
{
    struct inotify_body b;

    if (inotify_body_of(NULL, rec, &b))
        snprintf(buf, cap, "?");
    else
        snprintf(buf, cap, "inotify instance with %u watch%s%s", b.items,
                 b.items == 1 ? "" : "es",
                 b.unread ? " and unread events" : "");
}

const struct ck_res ck_res_inotify = {
    .name = "inotify",
    .match = inotify_match,
    .save = inotify_save,
    .check = inotify_check,
    .load = inotify_load,
    .link = inotify_link,
    .describe = inotify_describe,
};
