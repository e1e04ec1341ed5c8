/*
 * unix_fill.c - puts saved messages into the queue of a new Unix socket, by
 * sending them: from the other end, from the socket of the tree that sent
 * them once, or from one that has the sender's name and is then closed.
 *
 * Nothing here waits: what does not fit makes the sender's buffer larger for
 * the while. Messages with credentials are sent by a process that stands in
 * for the one that sent them; which user that was can only be told if it is
 * one's own.
 */
#include "lib/res/unix.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifndef SO_BUF_LOCK
#define SO_BUF_LOCK 72
#endif
#define FDS_MAX 253

struct collect {
    uint8_t *p;
    uint64_t n;
};

static int put(void *arg, uint64_t off, const void *p, size_t n)
{
    struct collect *k = arg;

    if (off > k->n || n > k->n - off)
        return -EBADMSG;
    memcpy(k->p + off, p, n);
    return 0;
}

void *ck_unix_stream_load(struct ck_res_load *c, uint32_t id, uint64_t n,
                          int *rc)
{
    struct collect k = {malloc(n ? n : 1), n};

    *rc = k.p ? c->source->read(c->source, id, put, &k) : -ENOMEM;
    if (!*rc)
        return k.p;
    free(k.p);
    return NULL;
}

int ck_unix_stream_next(struct ck_rd *r, struct ck_rd *item)
{
    size_t n = ck_get_uint(r, 4);
    const void *p = ck_get_raw(r, n);

    if (r->bad)
        return -EBADMSG;
    ck_rd_init(item, p, n);
    return 0;
}

struct fill {
    struct ck_res_load *c;
    const struct ck_unix *u;
    int to, peer;
    struct sockaddr_un a; /* of `to` */
    socklen_t len;        /* 0: it is sent to by its peer only */
    struct ck_unix_msg *msg;
    size_t n, from, until; /* which messages are sent now */
};

/* A little more room for the sender; -EAGAIN when there is no more. */
static int grow(int fd)
{
    int v = 0, now = 0;
    socklen_t n = sizeof(v);

    getsockopt(fd, SOL_SOCKET, SO_SNDBUF, &v, &n);
    if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &v, n) < 0)
        setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &v, n);
    getsockopt(fd, SOL_SOCKET, SO_SNDBUF, &now, &n);
    return now > v ? 0 : -EAGAIN;
}

/* Adds one control message of n bytes to those in m. */
static void *control(struct msghdr *m, int type, size_t n)
{
    struct cmsghdr *h = (void *)((char *)m->msg_control + m->msg_controllen);

    h->cmsg_level = SOL_SOCKET;
    h->cmsg_type = type;
    h->cmsg_len = CMSG_LEN(n);
    m->msg_controllen += CMSG_SPACE(n);
    return CMSG_DATA(h);
}

static int add_rights(struct fill *f, const struct ck_unix_msg *b,
                      struct msghdr *m)
{
    struct ck_rd r;
    int fd[FDS_MAX];
    size_t n = b->fds.n / 4;

    ck_rd_init(&r, b->fds.p, b->fds.n);
    if (n > FDS_MAX)
        return -EBADMSG;
    for (size_t i = 0; i < n; i++) {
        fd[i] = f->c->loaded(f->c, (uint32_t)ck_get_uint(&r, 4));
        if (fd[i] < 0)
            return -EBADMSG;
    }
    if (n)
        memcpy(control(m, SCM_RIGHTS, n * sizeof(int)), fd, n * sizeof(int));
    return 0;
}

static void add_cred(const struct ck_unix_msg *b, struct msghdr *m)
{
    struct ucred uc = {getpid(), b->uid, b->gid};
    uid_t ru, eu, su;
    gid_t rg, eg, sg;

    getresuid(&ru, &eu, &su);
    getresgid(&rg, &eg, &sg);
    if (!b->cred || (uc.uid != ru && uc.uid != eu && uc.uid != su))
        return;
    if (uc.gid != rg && uc.gid != eg && uc.gid != sg)
        uc.gid = eg;
    memcpy(control(m, SCM_CREDENTIALS, sizeof(uc)), &uc, sizeof(uc));
}

/* Sends one message over fd; a long stretch of a stream in several calls. */
static int send_one(struct fill *f, int fd, const struct ck_unix_msg *b)
{
    _Alignas(struct cmsghdr) char room[2048] = {0};
    struct iovec v = {(void *)b->data.p, b->data.n};
    struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1, .msg_control = room};
    int rc = add_rights(f, b, &m);

    add_cred(b, &m);
    if (f->len) {
        m.msg_name = &f->a;
        m.msg_namelen = f->len;
    }
    while (!rc) {
        ssize_t n = sendmsg(fd, &m, MSG_DONTWAIT | MSG_NOSIGNAL);

        if (n < 0 && errno == EAGAIN)
            rc = grow(fd);
        else if (n < 0 && errno != EINTR)
            rc = -errno;
        if (n < 0)
            continue;
        v.iov_base = (char *)v.iov_base + n;
        v.iov_len -= (size_t)n;
        m.msg_controllen = 0;
        if (!v.iov_len)
            break;
    }
    return rc;
}

/* A datagram socket that sends once; without a name if that is in use. */
static int passing(struct fill *f, struct ck_blob name)
{
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return -errno;
    if (name.n)
        (void)ck_unix_bind_name(f->c, fd, name);
    return fd;
}

/* Who sends b: *own says that it is to be closed. */
static int sender(struct fill *f, const struct ck_unix_msg *b, int *own)
{
    int fd = -1;

    *own = 0;
    if (f->u->type != SOCK_DGRAM || !f->len)
        return f->peer >= 0 ? f->peer : -EBADMSG;
    if (b->sender)
        fd = f->c->loaded(f->c, b->sender);
    if (fd >= 0)
        return fd;
    *own = 1;
    return passing(f, b->name);
}

/* Setting the size again marks it as one that the program has chosen. */
static void shrink(int fd, int size, int lock)
{
    int now = 0;
    socklen_t n = sizeof(now);

    getsockopt(fd, SOL_SOCKET, SO_SNDBUF, &now, &n);
    size /= 2;
    if (now / 2 != size)
        setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, n);
    if (lock >= 0)
        setsockopt(fd, SOL_SOCKET, SO_BUF_LOCK, &lock, n);
}

/* A sender that asks for credentials attaches its own, and takes a name. */
static int send_range(void *arg)
{
    struct fill *f = arg;
    int rc = 0;

    for (size_t i = f->from; !rc && i < f->until; i++) {
        const struct ck_unix_msg *b = &f->msg[i];
        int own, fd = sender(f, b, &own), pass = 0, off = 0;
        int size = 0, lock = -1;
        socklen_t n = sizeof(pass);

        if (fd < 0)
            return fd;
        getsockopt(fd, SOL_SOCKET, SO_PASSCRED, &pass, &n);
        getsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, &n);
        getsockopt(fd, SOL_SOCKET, SO_BUF_LOCK, &lock, &n);
        if (pass)
            setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &off, n);
        rc = send_one(f, fd, b);
        shrink(fd, size, lock);
        if (pass)
            setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &pass, n);
        if (own)
            close(fd);
    }
    return rc;
}

static int send_all(struct fill *f)
{
    int rc = 0;

    while (!rc && f->from < f->n) {
        const struct ck_unix_msg *b = &f->msg[f->from];
        uint32_t cred = b->cred ? b->pid : 0;

        f->until = f->from + 1;
        while (f->until < f->n && f->msg[f->until].cred == b->cred &&
               f->msg[f->until].pid == b->pid)
            f->until++;
        rc = ck_unix_as(f->c, cred, send_range, f);
        f->from = f->until;
    }
    return rc;
}

static int parse(struct fill *f, const void *p, uint64_t bytes)
{
    struct ck_rd r, item;
    size_t cap = 0;
    int rc = 0;

    ck_rd_init(&r, p, bytes);
    while (!rc && r.pos < r.len) {
        if (f->n == cap) {
            struct ck_unix_msg *more;

            cap = cap ? cap * 2 : 16;
            more = realloc(f->msg, cap * sizeof(*more));
            if (!more)
                return -ENOMEM;
            f->msg = more;
        }
        rc = ck_unix_stream_next(&r, &item);
        if (!rc)
            rc = ck_unix_msg_get(&item, &f->msg[f->n++]);
    }
    return rc;
}

int ck_unix_queue_load(struct ck_res_load *c, const struct ck_ofd *rec,
                       const struct ck_unix *u, int to, int peer)
{
    struct fill f = {.c = c, .u = u, .to = to, .peer = peer};
    int rc = 0;
    void *p = NULL;

    if (!u->bytes)
        return 0;
    if (u->type == SOCK_DGRAM && u->name.n && !u->pair)
        f.len = ck_unix_reach(c, to, u->ino, &f.a);
    p = ck_unix_stream_load(c, rec->id, u->bytes, &rc);
    if (!rc)
        rc = parse(&f, p, u->bytes);
    if (!rc)
        rc = send_all(&f);
    free(f.msg);
    free(p);
    if (!rc)
        return 0;
    return ck_res_why(c->why, c->whycap, rc,
                      "can't fill a Unix socket again: %s%s", strerror(-rc),
                      rc == -EAGAIN ? " (net.core.wmem_max or "
                                      "net.unix.max_dgram_qlen is smaller "
                                      "than it was)" : "");
}
