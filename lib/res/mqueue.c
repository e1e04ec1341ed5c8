/*
 * mqueue.c - a POSIX message queue: name, sizes, mode, messages.
 *
 * Messages are taken and put back (mqueue_data.c). That must not be seen: a
 * queue with messages that a process outside of the tree has open, too, is
 * refused, and so is one whose next message somebody has asked to be told of
 * (mq_notify), which the first that is put back would set off.
 *
 * Who has asked to be told asks again itself, as the last thing before the
 * program runs: the kernel forgets it when the process closes any descriptor
 * of the queue.
 *
 * A queue outlives its processes. What is found under its name is taken over
 * if it is the same user's and of the same sizes, and emptied. Its mode may be
 * one that does not let its owner in: it gets that last.
 */
#include "lib/res/mqueue.h"

#include <fcntl.h>
#include <mqueue.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "lib/res/noted.h"
#include "restart/ops.h"

#define MQUEUEFS 0x19800202
#define DELETED " (deleted)"
#define KEEP_FLAGS (O_ACCMODE | O_NONBLOCK)

/* name: with its slash. gone: it was unlinked. messages, with `bytes` of text
 * in all: in the stream of this description, for each prio and length U32 and
 * the text. how: 0, or what process vpid has asked for through its descriptor
 * fd, to be told of a message: 1 not to be told, only to have the place; 2
 * signal signo with this value. */
#define BODY_FIELDS(F)                                                      \
    F(STR, name) F(U64, dev) F(U64, ino) F(U64, maxmsg) F(U64, msgsize)     \
    F(U32, mode) F(U8, gone) F(U32, messages) F(U64, bytes) F(U8, how)      \
    F(U32, vpid) F(U32, fd) F(U32, signo) F(U64, value)
CK_RECORD(mqueue_body, BODY_FIELDS)
CK_RES_BODY(mqueue_body, "a message queue")

#define HEAD 8 /* of a message in the stream */

enum how { NOBODY, NO_SIGNAL, SIGNAL };

static int mqueue_match(const struct ck_res_ofd *o)
{
    struct statfs fs;
    char path[64];

    snprintf(path, sizeof(path), "/proc/%d/fd/%d", o->pid, o->fd);
    return S_ISREG(o->st.st_mode) && !statfs(path, &fs) &&
           (unsigned)fs.f_type == MQUEUEFS;
}

/* By a description of our own: the program's may be for one way only. */
static int open_own(const struct ck_res_ofd *o, int flags)
{
    char path[64];
    int fd;

    snprintf(path, sizeof(path), "/proc/%d/fd/%d", o->tid, o->fd);
    fd = open(path, flags | O_CLOEXEC | O_NONBLOCK);
    return fd < 0 ? -errno : fd;
}

static int ask(const struct ck_res_ofd *o, struct mq_attr *a,
               struct ck_mq_status *s)
{
    int fd = open_own(o, O_RDONLY), rc;

    if (fd < 0)
        return fd;
    rc = mq_getattr(fd, a) < 0 ? -errno : ck_mq_status(fd, s);
    close(fd);
    return rc;
}

/* The one whose record has the messages. */
static int is_first(const struct ck_res_save *c, const struct ck_res_ofd *o)
{
    for (size_t i = 0; i < c->count; i++) {
        if (c->all[i].st.st_dev == o->st.st_dev &&
            c->all[i].st.st_ino == o->st.st_ino)
            return c->all[i].id == o->id;
    }
    return 1;
}

static int write_all(struct ck_res_save *c, uint32_t id,
                     const struct ck_mq_data *d, uint64_t bytes)
{
    uint64_t total = bytes + (uint64_t)d->n * HEAD, at = 0;
    uint8_t *all = malloc(total + 1);
    struct ck_wr w;
    int rc = all ? c->sink->open(c->sink, id, total / CK_RES_PIECE + 1)
                 : -ENOMEM;

    ck_wr_init(&w, all, total);
    for (uint32_t i = 0; !rc && i < d->n; i++) {
        ck_put_uint(&w, d->m[i].prio, 4);
        ck_put_uint(&w, d->m[i].len, 4);
        ck_put_raw(&w, d->text + d->m[i].off, d->m[i].len);
    }
    for (; !rc && at < total; at += CK_RES_PIECE)
        rc = c->sink->write(c->sink, id, at, all + at,
                            total - at < CK_RES_PIECE ? total - at
                                                      : CK_RES_PIECE);
    free(all);
    return rc;
}

/* Everybody in the tree is parked, and who is outside has no part in it. */
static int save_messages(struct ck_res_save *c, const struct ck_res_ofd *o,
                         const struct ck_mq_status *s, struct mqueue_body *b)
{
    struct ck_mq_data *d = ck_mq_data_new(b->messages, s->bytes, b->msgsize);
    pid_t other = ck_res_stranger(c, o);
    int fd = open_own(o, O_RDWR), rc;

    if (other)
        rc = ck_res_why(c->why, c->whycap, -EAGAIN,
                        "the POSIX message queue %s with messages in it, "
                        "which process %d outside of the computation has "
                        "open, too: this can't be saved", o->link, other);
    else if (!d || fd < 0)
        rc = ck_res_why(c->why, c->whycap, fd < 0 ? fd : -ENOMEM,
                        "the POSIX message queue %s, whose messages can't be "
                        "taken and put back: %s", o->link,
                        strerror(fd < 0 ? -fd : ENOMEM));
    else
        rc = ck_mq_copy(fd, d);
    if (rc && !c->why[0])
        ck_res_why(c->why, c->whycap, rc,
                   "the POSIX message queue %s, whose messages could not be "
                   "looked at: %s", o->link, strerror(-rc));
    b->messages = rc ? 0 : d->n;
    for (uint32_t i = 0; i < b->messages; i++)
        b->bytes += d->m[i].len;
    if (!rc)
        rc = write_all(c, o->id, d, b->bytes);
    if (fd >= 0)
        close(fd);
    ck_mq_data_free(d);
    return rc;
}

/* What process pid has noted about the queue. */
static int find_note(pid_t pid, const struct ck_res_ofd *o,
                     struct ck_notified *n)
{
    struct ck_notified all[CK_NOTIFIED_MAX];
    struct ck_watched_head head;
    int fd = ck_res_noted(pid, &head), found = 0;

    if (fd < 0)
        return 0;
    if (pread(fd, all, sizeof(all), (off_t)head.notified) !=
        (ssize_t)sizeof(all))
        memset(all, 0, sizeof(all));
    close(fd);
    for (unsigned i = 0; i < CK_NOTIFIED_MAX && !found; i++) {
        found = all[i].ino == o->st.st_ino;
        *n = all[i];
    }
    return found;
}

/* It is told of with the description that it was asked for through: that has
 * not been closed since, or nobody would be told any more. */
static int save_notify(struct ck_res_save *c, const struct ck_res_ofd *o,
                       const struct ck_mq_status *s, long messages,
                       struct mqueue_body *b)
{
    const struct ck_res_ofd *through;
    struct ck_notified n;
    const char *what = NULL;

    b->vpid = c->virt(c, s->pid);
    if (!b->vpid)
        what = "outside of the computation has";
    else if (messages)
        what = "has, while there are messages in it,";
    else if (s->how != SIGEV_SIGNAL && s->how != SIGEV_NONE)
        what = "has, by a thread (SIGEV_THREAD),";
    else if (!find_note(s->pid, o, &n) || n.how != s->how ||
             (s->how == SIGEV_SIGNAL && n.signo != s->signo))
        what = "has, not by the function of libc,";
    through = what ? NULL : c->find(c, s->pid, n.fd);
    if (what || !through)
        return ck_res_why(c->why, c->whycap, -EAGAIN,
                          "the POSIX message queue %s, of whose next message "
                          "process %d %s asked to be told (mq_notify): this "
                          "can't be saved", o->link, s->pid,
                          what ? what : "has, by a descriptor that is gone,");
    if (through->id != o->id) {
        b->vpid = 0;
        return 0;
    }
    b->how = s->how == SIGEV_SIGNAL ? SIGNAL : NO_SIGNAL;
    b->fd = (uint32_t)n.fd;
    b->signo = (uint32_t)n.signo;
    b->value = n.value;
    return 0;
}

static int mqueue_save(struct ck_res_save *c, const struct ck_res_ofd *o,
                       struct ck_wr *w)
{
    size_t len = strlen(o->link);
    struct ck_mq_status s = {0};
    struct mq_attr a = {0};
    char name[300];
    struct mqueue_body b = {
        .name = name,
        .dev = o->st.st_dev,
        .ino = o->st.st_ino,
        .mode = o->st.st_mode & 0777,
    };
    int rc = ask(o, &a, &s);

    if (rc)
        return ck_res_why(c->why, c->whycap, rc,
                          "the message queue %s, which can't be looked at: %s",
                          o->link, strerror(-rc));
    b.gone = len > strlen(DELETED) &&
             !strcmp(o->link + len - strlen(DELETED), DELETED);
    if (b.gone)
        len -= strlen(DELETED);
    snprintf(name, sizeof(name), "%.*s", (int)len, o->link);
    b.maxmsg = (uint64_t)a.mq_maxmsg;
    b.msgsize = (uint64_t)a.mq_msgsize;
    b.messages = is_first(c, o) ? (uint32_t)a.mq_curmsgs : 0;
    if (s.pid)
        rc = save_notify(c, o, &s, a.mq_curmsgs, &b);
    else if (b.messages)
        rc = save_messages(c, o, &s, &b);
    if (!rc)
        mqueue_body_put(w, &b);
    return rc;
}

/* The queue that has the name now, opened in some way: a descriptor, -ENOENT,
 * or why not. */
static int open_named(struct ck_res_load *c, const struct mqueue_body *b)
{
    static const int way[] = {O_RDWR, O_RDONLY, O_WRONLY};
    struct mq_attr a;
    struct stat st;
    int fd = -1;

    for (unsigned i = 0; fd < 0 && i < 3; i++) {
        fd = mq_open(b->name, way[i] | O_NONBLOCK | O_CLOEXEC);
        if (fd < 0 && errno != EACCES)
            break;
    }
    if (fd < 0 && errno == ENOENT)
        return -ENOENT;
    if (fd < 0)
        return ck_res_why(c->why, c->whycap, -errno,
                          "the message queue %s can't be opened: %s", b->name,
                          strerror(errno));
    if (mq_getattr(fd, &a) == 0 && fstat(fd, &st) == 0 &&
        st.st_uid == geteuid() && a.mq_maxmsg == (long)b->maxmsg &&
        a.mq_msgsize == (long)b->msgsize)
        return fd;
    close(fd);
    return ck_res_why(c->why, c->whycap, -EEXIST,
                      "the message queue %s is another one by now; remove it",
                      b->name);
}

/* Under its name, or (name NULL) without one. */
static int make(const struct mqueue_body *b, const char *name)
{
    struct mq_attr a = {.mq_maxmsg = (long)b->maxmsg,
                        .mq_msgsize = (long)b->msgsize};
    char own[64];
    int fd;

    snprintf(own, sizeof(own), "/ckpt-%d-%llu", getpid(),
             (unsigned long long)b->ino);
    fd = mq_open(name ? name : own,
                 O_RDWR | O_CREAT | O_EXCL | O_NONBLOCK | O_CLOEXEC, 0600, &a);
    if (fd < 0)
        return -errno;
    if (!name)
        mq_unlink(own);
    fchmod(fd, 0600); /* the umask may have taken that away */
    return fd;
}

static int cant_make(struct ck_res_load *c, const struct mqueue_body *b,
                     int rc)
{
    return ck_res_why(c->why, c->whycap, rc,
                      "can't make the message queue %s of %llu messages of "
                      "%llu bytes: %s%s", b->name,
                      (unsigned long long)b->maxmsg,
                      (unsigned long long)b->msgsize, strerror(-rc),
                      rc == -EMFILE   ? " (see ulimit -q)"
                      : rc == -EINVAL ? " (see /proc/sys/fs/mqueue)"
                                      : "");
}

/* Whether there may be such a queue, one that is made at once tells. */
static int mqueue_check(struct ck_res_load *c, const struct ck_ofd *rec)
{
    struct mqueue_body b;
    int fd, rc = mqueue_body_of(c, rec, &b);

    if (rc)
        return rc;
    if (b.messages > b.maxmsg || b.bytes / (b.messages + 1ull) > b.msgsize ||
        b.how > SIGNAL || b.signo > 64)
        return ck_res_why(c->why, c->whycap, -EBADMSG,
                          "damaged description of a message queue");
    fd = b.gone ? -ENOENT : open_named(c, &b);
    if (fd == -ENOENT) {
        fd = make(&b, NULL);
        rc = fd < 0 ? cant_make(c, &b, fd) : 0;
    } else if (fd < 0) {
        rc = fd;
    }
    if (fd >= 0)
        close(fd);
    return rc;
}

static int empty(int fd, const struct mqueue_body *b)
{
    char *buf = malloc(b->msgsize + 1);
    int rc = buf ? 0 : -ENOMEM;

    while (!rc && mq_receive(fd, buf, b->msgsize + 1, NULL) >= 0)
        ;
    if (!rc && errno != EAGAIN)
        rc = -errno;
    free(buf);
    return rc;
}

/* Read and written by us, whatever its mode is; empty. */
static int get(struct ck_res_load *c, const struct mqueue_body *b)
{
    int found = b->gone ? -ENOENT : open_named(c, b), fd, rc;

    if (found == -ENOENT) {
        fd = make(b, b->gone ? NULL : b->name);
        if (fd != -EEXIST || b->gone)
            return fd;
        found = open_named(c, b); /* another tree's restart was faster */
    }
    if (found < 0)
        return found;
    fd = fchmod(found, 0600) < 0 ? -errno
                                 : ck_res_reopen(found, O_RDWR | O_NONBLOCK);
    close(found);
    rc = fd < 0 ? fd : empty(fd, b);
    if (rc && fd >= 0)
        close(fd);
    return rc ? rc : fd;
}

static int mqueue_load(struct ck_res_load *c, const struct ck_ofd *rec)
{
    struct ck_res_shared *s;
    struct mqueue_body b;
    int fresh, fd, rc = mqueue_body_of(c, rec, &b);

    if (rc)
        return rc;
    s = ck_res_share(c, b.dev, b.ino, &fresh);
    if (!s)
        return -ENOMEM;
    if (fresh)
        s->fd[0] = get(c, &b);
    fd = s->fd[0] < 0 ? s->fd[0]
                      : ck_res_reopen(s->fd[0], rec->flags & KEEP_FLAGS);
    return fd < 0 && !c->why[0] ? cant_make(c, &b, fd) : fd;
}

struct fill {
    uint8_t *p;
    uint64_t n;
};

static int put_piece(void *arg, uint64_t off, const void *p, size_t n)
{
    struct fill *f = arg;

    if (off > f->n || n > f->n - off)
        return -EBADMSG;
    memcpy(f->p + off, p, n);
    return 0;
}

static int parse(const struct fill *f, const struct mqueue_body *b,
                 struct ck_mq_data *d)
{
    uint64_t used = 0;
    struct ck_rd r;

    ck_rd_init(&r, f->p, f->n);
    for (; d->n < b->messages; d->n++) {
        struct ck_mq_message *m = &d->m[d->n];
        const void *text;

        m->prio = (uint32_t)ck_get_uint(&r, 4);
        m->len = (uint32_t)ck_get_uint(&r, 4);
        m->off = used;
        text = ck_get_raw(&r, m->len);
        if (r.bad || m->len > b->bytes - used)
            return -EBADMSG;
        memcpy(d->text + used, text, m->len);
        used += m->len;
    }
    return 0;
}

static int fill(struct ck_res_load *c, const struct ck_ofd *rec, int fd,
                const struct mqueue_body *b)
{
    struct ck_mq_data *d = ck_mq_data_new(b->messages, b->bytes, b->msgsize);
    struct fill f = {.n = b->bytes + (uint64_t)b->messages * HEAD};
    int rc = -ENOMEM;

    f.p = calloc(1, f.n + 1);
    if (d && f.p)
        rc = c->source->read(c->source, rec->id, put_piece, &f);
    if (!rc)
        rc = parse(&f, b, d);
    if (!rc)
        rc = ck_mq_fill(fd, d);
    free(f.p);
    ck_mq_data_free(d);
    return rc;
}

static int ask_again(struct ck_res_load *c, const struct mqueue_body *b)
{
    uint8_t buf[64];
    struct ck_wr w;

    ck_wr_init(&w, buf, sizeof(buf));
    ck_op_notify_put(&w, &(struct ck_op_notify){
        b->fd, b->how == SIGNAL ? SIGEV_SIGNAL : SIGEV_NONE, b->signo,
        b->value});
    return c->inside(c, b->vpid, CK_OP_T_NOTIFY, &w);
}

static int mqueue_link(struct ck_res_load *c, const struct ck_ofd *rec, int fd)
{
    struct ck_res_shared *s;
    struct mqueue_body b;
    int fresh, rc = mqueue_body_of(c, rec, &b);

    (void)fd;
    if (rc)
        return rc;
    s = ck_res_share(c, b.dev, b.ino, &fresh);
    if (!s)
        return -ENOMEM;
    if (b.messages)
        rc = fill(c, rec, s->fd[0], &b);
    if (!rc && fchmod(s->fd[0], b.mode) < 0)
        rc = -errno;
    if (!rc && b.how)
        rc = ask_again(c, &b);
    if (rc)
        ck_res_why(c->why, c->whycap, rc,
                   "the messages of the queue %s can't be put back: %s",
                   b.name, strerror(-rc));
    return rc;
}

static void mqueue_describe(const struct ck_ofd *rec, char *buf, size_t cap)
{
    struct mqueue_body b;

    if (mqueue_body_of(NULL, rec, &b))
        snprintf(buf, cap, "?");
    else
        snprintf(buf, cap, "message queue %s%s, %u messages", b.name,
                 b.gone ? ", unlinked" : "", b.messages);
}

static uint64_t mqueue_claim(const struct ck_ofd *rec)
{
    struct mqueue_body b;

    return mqueue_body_of(NULL, rec, &b) || b.gone ? 0
                                                   : ck_res_name_key(b.name);
}

/* One queue is made by whoever comes first; two can't have one name. */
static int mqueue_clash(const struct ck_ofd *x, const struct ck_ofd *y)
{
    struct mqueue_body a, b;

    return !mqueue_body_of(NULL, x, &a) && !mqueue_body_of(NULL, y, &b) &&
           !strcmp(a.name, b.name) && (a.dev != b.dev || a.ino != b.ino);
}

const struct ck_res ck_res_mqueue = {
    .name = "mqueue",
    .match = mqueue_match,
    .save = mqueue_save,
    .check = mqueue_check,
    .load = mqueue_load,
    .link = mqueue_link,
    .claim = mqueue_claim,
    .clash = mqueue_clash,
    .describe = mqueue_describe,
};
