/*
 * mqueue.c - a POSIX message queue: name, sizes, mode; when it is empty.
 *
 * Messages can't be looked at, only taken, and whoever is killed between
 * taking and putting back has lost them: a queue with messages in it is
 * refused until it has been read. So is one whose arrival somebody has asked
 * to be told of (mq_notify), since what is to be told can't be seen.
 *
 * A queue outlives its processes. What is found under its name is taken over
 * if it is the same user's and of the same sizes, and emptied.
 */
#include "lib/res/kind.h"

#include <fcntl.h>
#include <mqueue.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#define MQUEUEFS 0x19800202
#define DELETED " (deleted)"
#define KEEP_FLAGS (O_ACCMODE | O_NONBLOCK)

/* name: with its slash. gone: it was unlinked. */
#define BODY_FIELDS(F)                                                      \
    F(STR, name) F(U64, dev) F(U64, ino) F(U64, maxmsg) F(U64, msgsize)     \
    F(U32, mode) F(U8, gone)
CK_RECORD(mqueue_body, BODY_FIELDS)
CK_RES_BODY(mqueue_body, "a message queue")

static int mqueue_match(const struct ck_res_ofd *o)
{
    struct statfs fs;
    char path[64];

    snprintf(path, sizeof(path), "/proc/%d/fd/%d", o->pid, o->fd);
    return S_ISREG(o->st.st_mode) && !statfs(path, &fs) &&
           (unsigned)fs.f_type == MQUEUEFS;
}

/* "QSIZE:0 NOTIFY:0 SIGNO:0 NOTIFY_PID:0": is anybody to be told? */
static int is_awaited(const struct ck_res_ofd *o)
{
    char path[64], text[256] = "", *p;
    ssize_t n;
    int fd;

    snprintf(path, sizeof(path), "/proc/%d/fd/%d", o->pid, o->fd);
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
    if (n < 0)
        n = -errno;
    if (fd >= 0)
        close(fd);
    p = strstr(text, "NOTIFY_PID:");
    return n < 0 ? (int)n : !p ? -EPROTO : atoi(p + 11) != 0;
}

static int attributes(const struct ck_res_ofd *o, struct mq_attr *a)
{
    int fd = ck_res_take(o), rc;

    if (fd < 0)
        return fd;
    rc = mq_getattr(fd, a) < 0 ? -errno : 0;
    close(fd);
    return rc;
}

static int mqueue_save(struct ck_res_save *c, const struct ck_res_ofd *o,
                       struct ck_wr *w)
{
    size_t len = strlen(o->link);
    struct mq_attr a = {0};
    char name[300];
    struct mqueue_body b = {
        .name = name,
        .dev = o->st.st_dev,
        .ino = o->st.st_ino,
        .mode = o->st.st_mode & 0777,
    };
    int rc = attributes(o, &a), awaited = is_awaited(o);

    if (rc || awaited < 0)
        return ck_res_why(c->why, c->whycap, rc ? rc : awaited,
                          "the message queue %s, which can't be looked at: %s",
                          o->link, strerror(rc ? -rc : -awaited));
    if (a.mq_curmsgs)
        return ck_res_why(c->why, c->whycap, -EAGAIN,
                          "the POSIX message queue %s with %ld messages in "
                          "it: it can only be saved when it is empty",
                          o->link, a.mq_curmsgs);
    if (awaited)
        return ck_res_why(c->why, c->whycap, -EAGAIN,
                          "the POSIX message queue %s, whose next message "
                          "somebody has asked to be told of (mq_notify): "
                          "this can't be saved", o->link);
    b.gone = len > strlen(DELETED) &&
             !strcmp(o->link + len - strlen(DELETED), DELETED);
    if (b.gone)
        len -= strlen(DELETED);
    snprintf(name, sizeof(name), "%.*s", (int)len, o->link);
    b.maxmsg = (uint64_t)a.mq_maxmsg;
    b.msgsize = (uint64_t)a.mq_msgsize;
    mqueue_body_put(w, &b);
    return 0;
}

/* The queue that has the name now: a descriptor, -ENOENT, or why not. */
static int open_named(struct ck_res_load *c, const struct mqueue_body *b)
{
    int fd = mq_open(b->name, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    struct mq_attr a;
    struct stat st;

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

static int mqueue_check(struct ck_res_load *c, const struct ck_ofd *rec)
{
    struct mqueue_body b;
    int fd, rc = mqueue_body_of(c, rec, &b);

    if (rc || b.gone)
        return rc;
    fd = open_named(c, &b);
    if (fd >= 0)
        close(fd);
    return fd >= 0 || fd == -ENOENT ? 0 : fd;
}

static int make(const struct mqueue_body *b)
{
    struct mq_attr a = {.mq_maxmsg = (long)b->maxmsg,
                        .mq_msgsize = (long)b->msgsize};
    char own[64];
    int fd;

    snprintf(own, sizeof(own), "/ckpt-%d-%llu", getpid(),
             (unsigned long long)b->ino);
    fd = mq_open(b->gone ? own : b->name,
                 O_RDWR | O_CREAT | O_EXCL | O_NONBLOCK | O_CLOEXEC, 0600, &a);
    if (fd < 0)
        return -errno;
    if (b->gone)
        mq_unlink(own);
    fchmod(fd, b->mode);
    return fd;
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
    if (fresh) {
        s->fd[0] = b.gone ? -ENOENT : open_named(c, &b);
        rc = s->fd[0] >= 0 ? empty(s->fd[0], &b) : 0;
        if (s->fd[0] == -ENOENT)
            s->fd[0] = make(&b);
    }
    fd = rc             ? rc
         : s->fd[0] < 0 ? s->fd[0]
                        : ck_res_reopen(s->fd[0], rec->flags & KEEP_FLAGS);
    if (fd < 0 && !c->why[0])
        return ck_res_why(c->why, c->whycap, fd,
                          "can't make the message queue %s of %llu messages "
                          "of %llu bytes: %s", b.name,
                          (unsigned long long)b.maxmsg,
                          (unsigned long long)b.msgsize, strerror(-fd));
    return fd;
}

static void mqueue_describe(const struct ck_ofd *rec, char *buf, size_t cap)
{
    struct mqueue_body b;

    if (mqueue_body_of(NULL, rec, &b))
        snprintf(buf, cap, "?");
    else
        snprintf(buf, cap, "message queue %s%s", b.name,
                 b.gone ? ", unlinked" : "");
}

const struct ck_res ck_res_mqueue = {
    .name = "mqueue",
    .match = mqueue_match,
    .save = mqueue_save,
    .check = mqueue_check,
    .load = mqueue_load,
    .describe = mqueue_describe,
};
