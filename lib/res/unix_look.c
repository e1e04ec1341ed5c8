/*
 * unix_look.c - what the kernel tells about a Unix socket: its peer, the
 * connections that nobody has accepted, what is in its queues (sock_diag,
 * which needs no right), and its name.
 *
 * A connection that was not accepted has a socket without an inode: its
 * client's peer reads as 0, as that of one whose peer has closed does. Only
 * the listener's list of clients tells them apart.
 */
#include "lib/res/unix.h"

#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define ALL_STATES 0xffffffffu
#define ANY_COOKIE 0xffffffffu
#define SHOW                                                     \
    (UDIAG_SHOW_VFS | UDIAG_SHOW_PEER | UDIAG_SHOW_ICONS |       \
     UDIAG_SHOW_RQLEN)

static void take_pending(const void *p, size_t n, struct ck_unix_seen *s)
{
    s->npending = n / sizeof(uint32_t);
    if (s->npending > CK_UNIX_PENDING_MAX)
        s->npending = CK_UNIX_PENDING_MAX;
    memcpy(s->pending, p, s->npending * sizeof(uint32_t));
}

static void take_attr(unsigned type, const void *p, size_t n,
                      struct ck_unix_seen *s)
{
    struct unix_diag_rqlen q;
    struct unix_diag_vfs v;

    if (type == UNIX_DIAG_VFS && n >= sizeof(v)) {
        memcpy(&v, p, sizeof(v));
        s->has_file = 1;
        s->file_dev = v.udiag_vfs_dev;
        s->file_ino = v.udiag_vfs_ino;
    } else if (type == UNIX_DIAG_PEER && n >= sizeof(s->peer)) {
        s->has_peer = 1;
        memcpy(&s->peer, p, sizeof(s->peer));
    } else if (type == UNIX_DIAG_RQLEN && n >= sizeof(q)) {
        memcpy(&q, p, sizeof(q));
        s->rqueue = q.udiag_rqueue;
        s->wqueue = q.udiag_wqueue;
    } else if (type == UNIX_DIAG_SHUTDOWN && n >= 1) {
        s->shutdown = *(const uint8_t *)p;
    } else if (type == UNIX_DIAG_ICONS) {
        take_pending(p, n, s);
    }
}

/* One answer: 0, -errno the kernel's, -EPROTO: not understood. */
static int parse(const char *buf, size_t len, struct ck_unix_seen *s)
{
    const struct nlmsghdr *h = (const void *)buf;
    const struct unix_diag_msg *m = NLMSG_DATA(h);
    size_t at = NLMSG_SPACE(sizeof(*m));

    if (!NLMSG_OK(h, len))
        return -EPROTO;
    if (h->nlmsg_type == NLMSG_ERROR)
        return ((const struct nlmsgerr *)NLMSG_DATA(h))->error ?: -EPROTO;
    if (h->nlmsg_type != SOCK_DIAG_BY_FAMILY || h->nlmsg_len < at)
        return -EPROTO;
    s->state = m->udiag_state;
    while (at + NLA_HDRLEN <= h->nlmsg_len) {
        const struct nlattr *a = (const void *)(buf + at);

        if (a->nla_len < NLA_HDRLEN || at + a->nla_len > h->nlmsg_len)
            return -EPROTO;
        take_attr(a->nla_type, (const char *)a + NLA_HDRLEN,
                  a->nla_len - NLA_HDRLEN, s);
        at += NLA_ALIGN(a->nla_len);
    }
    return 0;
}

int ck_unix_see(uint64_t ino, struct ck_unix_seen *s)
{
    struct {
        struct nlmsghdr h;
        struct unix_diag_req r;
    } ask = {
        {sizeof(ask), SOCK_DIAG_BY_FAMILY, NLM_F_REQUEST, 1, 0},
        {.sdiag_family = AF_UNIX,
         .udiag_states = ALL_STATES,
         .udiag_ino = (uint32_t)ino,
         .udiag_show = SHOW,
         .udiag_cookie = {ANY_COOKIE, ANY_COOKIE}},
    };
    _Alignas(8) char buf[16384];
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
    ssize_t n = -1;
    int rc;

    memset(s, 0, offsetof(struct ck_unix_seen, pending));
    s->npending = 0;
    if (fd >= 0 && send(fd, &ask, sizeof(ask), 0) == (ssize_t)sizeof(ask))
        n = recv(fd, buf, sizeof(buf), MSG_DONTWAIT);
    rc = n < 0 ? -errno : parse(buf, (size_t)n, s);
    if (fd >= 0)
        close(fd);
    return rc;
}

/* c->all is sorted by device, then inode. */
const struct ck_res_ofd *ck_unix_by_ino(const struct ck_res_save *c,
                                        const struct ck_res_ofd *like,
                                        uint64_t ino)
{
    size_t lo = 0, hi = c->count;

    while (ino && lo < hi) {
        size_t mid = (lo + hi) / 2;
        const struct ck_res_ofd *o = &c->all[mid];

        if (o->st.st_dev == like->st.st_dev && o->st.st_ino == ino)
            return o;
        if (o->st.st_dev < like->st.st_dev ||
            (o->st.st_dev == like->st.st_dev && o->st.st_ino < ino))
            lo = mid + 1;
        else
            hi = mid;
    }
    return NULL;
}

void ck_unix_name(int fd, int peer, struct sockaddr_un *a, struct ck_blob *b)
{
    socklen_t n = sizeof(*a), head = offsetof(struct sockaddr_un, sun_path);
    int rc = peer ? getpeername(fd, (struct sockaddr *)a, &n)
                  : getsockname(fd, (struct sockaddr *)a, &n);

    /* A path of full length is answered with a NUL behind it. */
    if (n > sizeof(*a))
        n = sizeof(*a);
    *b = (struct ck_blob){a->sun_path, 0};
    if (rc == 0 && n > head)
        b->n = n - head;
    if (b->n && a->sun_path[0])
        b->n = (uint32_t)strnlen(a->sun_path, b->n);
}

static struct ck_unix_known look_at(const struct ck_res_ofd *o)
{
    struct ck_unix_known k = {.o = o};
    socklen_t n = sizeof(k.listening);
    int fd = ck_res_take(o);

    if (fd < 0)
        return k;
    if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &k.listening, &n) < 0)
        k.listening = 0;
    ck_unix_name(fd, 0, &k.addr, &k.name);
    close(fd);
    return k;
}

/* A capture is one process's whole life, and its list of descriptions does
 * not change. */
const struct ck_unix_known *ck_unix_known(const struct ck_res_save *c,
                                          size_t *count)
{
    static const struct ck_res_ofd *of;
    static struct ck_unix_known *known;
    static size_t n;

    if (of != c->all) {
        free(known);
        known = calloc(c->count + 1, sizeof(*known));
        n = 0;
        of = c->all;
        for (size_t i = 0; known && i < c->count; i++) {
            if (of[i].domain != AF_UNIX)
                continue;
            known[n] = look_at(&of[i]);
            known[n].name.p = known[n].addr.sun_path;
            n++;
        }
    }
    *count = n;
    return known;
}

const struct ck_unix_known *ck_unix_named(const struct ck_res_save *c,
                                          int type, int listening,
                                          struct ck_blob name)
{
    size_t n;
    const struct ck_unix_known *k = ck_unix_known(c, &n);

    for (size_t i = 0; name.n && i < n; i++) {
        if (k[i].o->type == type && !k[i].listening == !listening &&
            k[i].name.n == name.n && !memcmp(k[i].name.p, name.p, name.n))
            return &k[i];
    }
    return NULL;
}
