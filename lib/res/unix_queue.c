/*
 * unix_queue.c - what has been sent to a Unix socket and not been read: the
 * bytes, where messages begin, who sent them, descriptors on their way.
 *
 * It is looked at by MSG_PEEK at an offset that is moved along (SO_PEEK_OFF,
 * put back afterwards): nothing is taken out. Two things would be lost by
 * that and are refused before: an error that waits to be reported, as asking
 * takes it (but a stream tells its length, and no more than that is asked
 * for), and a byte out of band. The kernel marks an empty message when it is
 * peeked at and passes over it from then on: of several in a row, all but
 * the first of a queue are seen once only.
 */
#include "lib/res/unix.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#define FDS_MAX 253 /* SCM_MAX_FD */
#define ROOM (1u << 16)

struct peeked {
    const uint8_t *data;
    size_t len;
    struct sockaddr_un from;
    socklen_t from_len;
    int cred;
    struct ucred uc;
    int fd[FDS_MAX]; /* -1: taken over */
    int nfds;
};

/* A walk through a queue. each: 0 to go on. */
struct walk {
    int fd;
    uint8_t *buf;
    size_t room;
    int (*each)(struct walk *k, struct peeked *p);
    const char *refused; /* why, with -EAGAIN */
    void *arg;
};

static void drop(struct peeked *p)
{
    for (int i = 0; i < p->nfds; i++) {
        if (p->fd[i] >= 0)
            close(p->fd[i]);
    }
    p->nfds = 0;
}

/* SO_PASSPIDFD makes a descriptor too. */
static void take_control(struct msghdr *m, struct peeked *p)
{
    for (struct cmsghdr *h = CMSG_FIRSTHDR(m); h; h = CMSG_NXTHDR(m, h)) {
        size_t n = h->cmsg_len - CMSG_LEN(0);
        int pidfd;

        if (h->cmsg_level != SOL_SOCKET)
            continue;
        if (h->cmsg_type == SCM_RIGHTS && n <= sizeof(p->fd)) {
            p->nfds = (int)(n / sizeof(int));
            memcpy(p->fd, CMSG_DATA(h), n);
        } else if (h->cmsg_type == SCM_CREDENTIALS && n >= sizeof(p->uc)) {
            memcpy(&p->uc, CMSG_DATA(h), sizeof(p->uc));
            p->cred = p->uc.pid > 0;
        } else if (h->cmsg_type == 4 && n == sizeof(pidfd)) { /* SCM_PIDFD */
            memcpy(&pidfd, CMSG_DATA(h), sizeof(pidfd));
            if (pidfd >= 0)
                close(pidfd);
        }
    }
}

/* Peeks at most `want` bytes at offset off. Returns the length, which may be
 * larger than `want` when that is a message's; -EAGAIN: nothing there. */
static ssize_t peek(struct walk *k, int off, size_t want, int flags,
                    struct peeked *p)
{
    _Alignas(struct cmsghdr) char control[4096];
    struct iovec v = {k->buf, want};
    struct msghdr m = {.msg_name = &p->from,
                       .msg_namelen = sizeof(p->from),
                       .msg_iov = &v,
                       .msg_iovlen = 1,
                       .msg_control = control,
                       .msg_controllen = sizeof(control)};
    ssize_t n;

    memset(p, 0, offsetof(struct peeked, fd));
    p->nfds = 0;
    if (setsockopt(k->fd, SOL_SOCKET, SO_PEEK_OFF, &off, sizeof(off)) < 0)
        return -errno;
    n = recvmsg(k->fd, &m, MSG_PEEK | MSG_DONTWAIT | MSG_CMSG_CLOEXEC | flags);
    if (n < 0)
        return -errno;
    p->data = k->buf;
    p->len = (size_t)n;
    p->from_len = m.msg_namelen;
    take_control(&m, p);
    if (m.msg_flags & MSG_CTRUNC) {
        drop(p);
        k->refused = "a Unix socket with more descriptors on their way than "
                     "this process may open";
        return -EMFILE;
    }
    return n;
}

/* Descriptors come with the last piece of what one peek at off gives, n bytes.
 * Where does that piece begin? The kernel copies pieces one by one, and stops
 * before one that does not fit into readable memory: here the last byte does
 * not. (A short peek won't tell: it looks at the pieces behind it too.) */
static ssize_t rights_begin(struct walk *k, int off, size_t n)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t room = (n + page - 1) / page * page;
    uint8_t *p = mmap(NULL, room + page, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), *all = k->buf;
    struct peeked none;
    ssize_t r;

    if (p == MAP_FAILED || mprotect(p + room, page, PROT_NONE) < 0)
        return -ENOMEM;
    k->buf = p + room - (n - 1);
    r = peek(k, off, n, 0, &none);
    k->buf = all;
    if (r >= 0)
        drop(&none);
    munmap(p, room + page);
    return r == -EFAULT ? 0 : r;
}

static int walk_stream(struct walk *k)
{
    int left = 0, off = 0, rc = 0;

    if (ioctl(k->fd, FIONREAD, &left) < 0 || left <= 0)
        return 0;
    k->buf = malloc((size_t)left);
    if (!k->buf)
        return -ENOMEM;
    while (!rc && left > 0) {
        struct peeked p;
        ssize_t n = peek(k, off, (size_t)left, 0, &p), plain = 0;

        if (n <= 0)
            return n < 0 ? (int)n : -EAGAIN;
        if (p.nfds)
            plain = rights_begin(k, off, (size_t)n);
        if (plain < 0)
            rc = (int)plain;
        if (plain > 0) {
            struct peeked before = p;

            before.nfds = 0;
            before.len = (size_t)plain;
            rc = k->each(k, &before);
        }
        p.data += plain > 0 ? plain : 0;
        p.len -= plain > 0 ? (size_t)plain : 0;
        if (!rc)
            rc = k->each(k, &p);
        drop(&p);
        off += (int)n;
        left -= (int)n;
    }
    return rc;
}

/* The message at off, with a buffer that is large enough for it. */
static ssize_t peek_message(struct walk *k, int off, struct peeked *p)
{
    ssize_t n = peek(k, off, k->room, MSG_TRUNC, p);

    if (n > (ssize_t)k->room) {
        drop(p);
        free(k->buf);
        k->room = (size_t)n;
        k->buf = malloc(k->room);
        n = k->buf ? peek(k, off, k->room, MSG_TRUNC, p) : -ENOMEM;
    }
    return n;
}

/* ended: a read of nothing is the end, not an empty message. */
static int walk_messages(struct walk *k, int ended)
{
    struct peeked p;
    int off = 0, rc = 0;
    ssize_t n;

    k->room = ROOM;
    k->buf = malloc(k->room);
    if (!k->buf)
        return -ENOMEM;
    /* An empty one at the front is seen without an offset only. */
    n = ended ? -EAGAIN : peek_message(k, -1, &p);
    if (n == 0)
        rc = k->each(k, &p);
    if (n >= 0)
        drop(&p);
    while (!rc) {
        n = peek_message(k, off, &p);
        if (n < 0 || (n == 0 && ended))
            break;
        rc = k->each(k, &p);
        drop(&p);
        off += (int)n;
    }
    return rc ? rc : n == 0 || n == -EAGAIN ? 0 : (int)n;
}

static int walk(struct walk *k, int type, const struct ck_unix_seen *seen)
{
    struct pollfd ready = {.fd = k->fd, .events = POLLPRI | POLLIN};
    socklen_t len = sizeof(int);
    int before, waiting = 0, rc;

    if (poll(&ready, 1, 0) < 0)
        return -errno;
    if (ready.revents & POLLPRI) {
        k->refused = "a Unix socket with a byte out of band in it";
        return -EAGAIN;
    }
    ioctl(k->fd, FIONREAD, &waiting);
    if (type != SOCK_STREAM && (ready.revents & POLLERR)) {
        if (type == SOCK_SEQPACKET && waiting == 0)
            return 0;
        k->refused = "a Unix socket with an error to report before the "
                     "messages in it";
        return -EAGAIN;
    }
    if (!(ready.revents & POLLIN))
        return 0;
    if (getsockopt(k->fd, SOL_SOCKET, SO_PEEK_OFF, &before, &len) < 0)
        return -errno;
    if (type == SOCK_STREAM)
        rc = walk_stream(k);
    else
        rc = walk_messages(k, type == SOCK_SEQPACKET && (seen->shutdown & 1));
    setsockopt(k->fd, SOL_SOCKET, SO_PEEK_OFF, &before, sizeof(before));
    free(k->buf);
    return rc;
}

/* ---- what it carries ---- */

struct carry {
    ck_res_found *found;
    void *arg;
};

static int give(struct walk *k, struct peeked *p)
{
    struct carry *y = k->arg;
    int rc = 0;

    for (int i = 0; !rc && i < p->nfds; i++) {
        int fd = p->fd[i];

        p->fd[i] = -1;
        rc = y->found(y->arg, fd);
    }
    return rc;
}

/* Has it a queue of its own? A listening one has sockets in it. */
static int has_queue(int type, const struct ck_unix_seen *s)
{
    return type == SOCK_DGRAM || s->state == 1; /* TCP_ESTABLISHED */
}

/* What is refused here is refused by save, with its reason. */
int ck_unix_queue_carried(const struct ck_res_ofd *o, ck_res_found *found,
                          void *arg)
{
    struct carry y = {found, arg};
    struct walk k = {.fd = -1, .each = give, .arg = &y};
    struct ck_unix_seen seen;
    int rc = ck_unix_see(o->st.st_ino, &seen);

    if (!rc && has_queue(o->type, &seen))
        k.fd = ck_res_take(o);
    if (k.fd < 0)
        return 0;
    rc = walk(&k, o->type, &seen);
    close(k.fd);
    return rc == -ENOMEM ? rc : 0;
}

/* ---- saving it ---- */

struct keep {
    struct ck_res_save *c;
    const struct ck_res_ofd *o;
    uint8_t *p;
    size_t n, cap;
    uint32_t id[FDS_MAX];
    uint8_t fds[FDS_MAX * 4];
};

static int room_for(struct keep *q, size_t n)
{
    size_t cap = q->cap ? q->cap : 4096;
    uint8_t *more;

    while (cap < q->n + n)
        cap *= 2;
    if (cap == q->cap)
        return 0;
    more = realloc(q->p, cap);
    if (!more)
        return -ENOMEM;
    q->p = more;
    q->cap = cap;
    return 0;
}

static int keep_one(struct walk *k, struct peeked *p)
{
    struct keep *q = k->arg;
    size_t head = offsetof(struct sockaddr_un, sun_path), need;
    struct ck_unix_msg m = {.data = {p->data, (uint32_t)p->len},
                            .fds = {q->fds, (uint32_t)p->nfds * 4}};
    const struct ck_unix_known *sender;
    struct ck_wr w;

    if (p->from_len > head) {
        m.name = (struct ck_blob){p->from.sun_path,
                                  (uint32_t)(p->from_len - head)};
        if (p->from.sun_path[0])
            m.name.n = (uint32_t)strnlen(p->from.sun_path, m.name.n);
        sender = ck_unix_named(q->c, SOCK_DGRAM, 0, m.name);
        m.sender = sender ? sender->o->id : 0;
    }
    if (p->cred) {
        m.cred = 1;
        m.pid = q->c->speaker(q->c, p->uc.pid);
        m.uid = p->uc.uid;
        m.gid = p->uc.gid;
    }
    ck_wr_init(&w, q->fds, sizeof(q->fds));
    for (int i = 0; i < p->nfds; i++) {
        const struct ck_res_ofd *o = q->c->find(q->c, getpid(), p->fd[i]);

        if (!o) {
            k->refused = "a Unix socket with a descriptor on its way that "
                         "can't be looked at";
            return -EAGAIN;
        }
        ck_put_uint(&w, o->id, 4);
    }
    need = 128 + m.name.n + m.fds.n + m.data.n;
    if (room_for(q, need))
        return -ENOMEM;
    ck_wr_init(&w, q->p + q->n + 4, need - 4);
    ck_unix_msg_put(&w, &m);
    need = w.len;
    ck_wr_init(&w, q->p + q->n, 4);
    ck_put_uint(&w, need, 4);
    q->n += 4 + need;
    return 0;
}

int ck_unix_queue_save(struct ck_res_save *c, const struct ck_res_ofd *o,
                       int fd, const struct ck_unix_seen *seen,
                       uint64_t *bytes)
{
    struct keep q = {.c = c, .o = o};
    struct walk k = {.fd = fd, .each = keep_one, .arg = &q};
    int rc = has_queue(o->type, seen) ? walk(&k, o->type, seen) : 0;

    if (rc)
        rc = ck_res_why(c->why, c->whycap, -EAGAIN, "%s",
                        k.refused ? k.refused
                                  : "a Unix socket that can't be read");
    else
        rc = ck_unix_stream_save(c, o, q.p, q.n);
    free(q.p);
    *bytes = q.n;
    return rc;
}

int ck_unix_stream_save(struct ck_res_save *c, const struct ck_res_ofd *o,
                        const void *p, size_t n)
{
    const uint8_t *from = p;
    size_t off = 0;
    int rc = 0;

    if (n)
        rc = c->sink->open(c->sink, o->id, n / CK_RES_PIECE + 1);
    while (!rc && off < n) {
        size_t k = n - off < CK_RES_PIECE ? n - off : CK_RES_PIECE;

        rc = c->sink->write(c->sink, o->id, off, from + off, k);
        off += k;
    }
    return rc;
}
