/*
 * udp.c - a UDP socket over IPv4 or IPv6: its addresses, its options, and
 * the datagrams that were not read.
 *
 * A datagram tells its receiver where it came from. So it is sent again by
 * the socket that had sent it, or, if that is closed, by one that has its
 * address for a moment. One whose address is another machine's, or taken, is
 * lost, as datagrams may be. The receiver is connected to each sender in turn
 * meanwhile: then the kernel gives the datagram to no other socket that
 * shares the port, and tells which address leads there.
 */
#include "lib/res/inet.h"

#include <fcntl.h>
#include <linux/sockios.h>
#include <netinet/udp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#ifndef POLLRDHUP
#define POLLRDHUP 0x2000
#endif
#ifndef SO_BUF_LOCK
#define SO_BUF_LOCK 72
#endif
#define KEEP_FLAGS (O_NONBLOCK | O_ASYNC)

/* six: 1 IPv6, 2 and IPV6_V6ONLY. shut: bit 0 receiving, 1 sending. reuse,
 * reuseport: it can only be bound with that. */
#define BODY_FIELDS(F)                                                    \
    F(U8, six) F(U8, shut) F(U8, reuse) F(U8, reuseport)                  \
    F(U32, datagrams) F(U64, bytes) CK_INET_FIELDS(F, local)              \
    CK_INET_FIELDS(F, peer) F(BLOB, groups) F(BLOB, options)
CK_RECORD(udp_body, BODY_FIELDS)
CK_RES_BODY(udp_body, "a UDP socket")

/* One datagram in the stream. sender: an OFD's id, or 0. */
#define GRAM_FIELDS(F) \
    F(U32, len) F(U32, sender) CK_INET_FIELDS(F, from)
CK_RECORD(gram, GRAM_FIELDS)
#define GRAM_SIZE (4 + 4 + 16 + 2 + 4)
#define GRAM_MAX 65536

#define OPTION(o) {IPPROTO_UDP, o, sizeof(int)},
static const struct ck_res_sockopt own[] = {
    OPTION(UDP_CORK) OPTION(UDP_NO_CHECK6_TX) OPTION(UDP_NO_CHECK6_RX)
    OPTION(UDP_SEGMENT) OPTION(UDP_GRO) OPTION(UDP_ENCAP)
};

static int udp_match(const struct ck_res_ofd *o)
{
    return S_ISSOCK(o->st.st_mode) && o->type == SOCK_DGRAM &&
           (o->domain == AF_INET || o->domain == AF_INET6) &&
           o->protocol == IPPROTO_UDP;
}

static int option(int fd, int level, int name)
{
    int v = 0;
    socklen_t len = sizeof(v);

    return getsockopt(fd, level, name, &v, &len) < 0 ? 0 : v;
}

static void set(int fd, int level, int name, int v)
{
    setsockopt(fd, level, name, &v, sizeof(v));
}

/* Which socket of the tree sends from this address? */
static uint32_t sender_of(const struct ck_res_save *c,
                          const struct ck_inet *from)
{
    for (size_t i = 0; i < c->count; i++) {
        const struct ck_res_ofd *o = &c->all[i];
        struct ck_inet a = {.port = 0};
        int fd = udp_match(o) ? ck_res_take(o) : -1;

        if (fd < 0)
            continue;
        ck_inet_name(fd, 0, &a);
        close(fd);
        if (ck_inet_covers(&a, from))
            return o->id;
    }
    return 0;
}

/* Another one that has the port, and had to be shared with when the later one
 * was bound: whatever the options are by now. */
static void find_sharers(const struct ck_res_save *c,
                         const struct ck_res_ofd *self,
                         const struct ck_inet *local, struct udp_body *b)
{
    int shared = 0;

    for (size_t i = 0; i < c->count && local->port; i++) {
        const struct ck_res_ofd *o = &c->all[i];
        struct ck_inet a = {.port = 0};
        int fd = o != self && udp_match(o) ? ck_res_take(o) : -1;

        if (fd < 0)
            continue;
        ck_inet_name(fd, 0, &a);
        if (ck_inet_covers(&a, local) || ck_inet_covers(local, &a)) {
            shared = 1;
            b->reuse |= option(fd, SOL_SOCKET, SO_REUSEADDR) == 1;
            b->reuseport |= option(fd, SOL_SOCKET, SO_REUSEPORT) == 1;
        }
        close(fd);
    }
    if (shared && !b->reuse && !b->reuseport)
        b->reuse = 1;
}

struct queue {
    uint8_t *p;
    size_t len, cap;
    uint32_t count;
    struct ck_inet from; /* of the last one, and whose that is */
    uint32_t sender;
};

static int add_datagram(struct ck_res_save *c, struct queue *q,
                        const struct sockaddr_storage *name,
                        const void *data, size_t n)
{
    struct gram g = {.len = (uint32_t)n};
    struct ck_inet from;
    struct ck_wr w;

    if (q->cap - q->len < GRAM_SIZE + n) {
        size_t cap = 2 * q->cap + GRAM_SIZE + n;
        void *more = realloc(q->p, cap);

        if (!more)
            return -ENOMEM;
        q->p = more;
        q->cap = cap;
    }
    ck_inet_from(name, &from);
    CK_INET_PUT(&g, from, &from);
    if (!q->count || !ck_inet_same(&from, &q->from))
        q->sender = sender_of(c, &from);
    q->from = from;
    g.sender = q->sender;
    ck_wr_init(&w, q->p + q->len, GRAM_SIZE);
    gram_put(&w, &g);
    memcpy(q->p + q->len + GRAM_SIZE, data, n);
    q->len += GRAM_SIZE + n;
    q->count++;
    return 0;
}

/* Without disturbing them: a peek begins where the last one ended. */
static int look_at_queue(struct ck_res_save *c, int fd, struct queue *q)
{
    static char buf[GRAM_MAX];
    int was = option(fd, SOL_SOCKET, SO_PEEK_OFF), rc = 0;

    set(fd, SOL_SOCKET, SO_PEEK_OFF, 0);
    while (!rc) {
        struct sockaddr_storage name = {0};
        socklen_t len = sizeof(name);
        ssize_t n = recvfrom(fd, buf, sizeof(buf), MSG_PEEK | MSG_DONTWAIT,
                             (void *)&name, &len);

        if (n < 0)
            break;
        rc = add_datagram(c, q, &name, buf, (size_t)n);
    }
    set(fd, SOL_SOCKET, SO_PEEK_OFF, was);
    return rc;
}

/* To look takes an error that is to be told (ECONNREFUSED from a peer): it
 * stays where there is nothing else. */
static int save_queue(struct ck_res_save *c, const struct ck_res_ofd *o,
                      int fd, struct udp_body *b)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};
    struct queue q = {.p = NULL};
    int rc;

    poll(&p, 1, 0);
    if ((p.revents & (POLLERR | POLLIN)) == POLLERR)
        return 0;
    if (p.revents & POLLERR)
        return ck_res_why(c->why, c->whycap, -EAGAIN,
                          "a UDP socket with an error to report and unread "
                          "datagrams; let it read before the checkpoint");
    rc = look_at_queue(c, fd, &q);
    if (!rc && q.len)
        rc = c->sink->open(c->sink, o->id, q.len / CK_RES_PIECE + 1);
    for (size_t at = 0, k; !rc && at < q.len; at += k) {
        k = q.len - at < CK_RES_PIECE ? q.len - at : CK_RES_PIECE;
        rc = c->sink->write(c->sink, o->id, at, q.p + at, k);
    }
    b->datagrams = q.count;
    b->bytes = q.len;
    free(q.p);
    return rc;
}

static int refuse(struct ck_res_save *c, int fd)
{
    int unsent = 0;

    if (!ck_inet_here(fd))
        return ck_res_why(c->why, c->whycap, -ENOTSUP,
                          "a UDP socket of another network namespace; use one "
                          "namespace for all of the computation");
    ioctl(fd, SIOCOUTQ, &unsent);
    if (unsent)
        return ck_res_why(c->why, c->whycap, -EAGAIN,
                          "a UDP socket with a datagram that is not sent yet "
                          "(MSG_MORE or UDP_CORK); let it be sent before the "
                          "checkpoint");
    return 0;
}

/* poll does not tell that only sending is over. */
static uint8_t shut_of(const struct ck_res_ofd *o, int fd, uint16_t port)
{
    struct pollfd p = {.fd = fd, .events = POLLRDHUP};
    int how = ck_inet_udp_shut(o->domain, port, o->st.st_ino);

    if (how >= 0)
        return (uint8_t)how;
    if (poll(&p, 1, 0) != 1 || !(p.revents & (POLLRDHUP | POLLHUP)))
        return 0;
    return p.revents & POLLHUP ? 1 + SHUT_RDWR : 1 + SHUT_RD;
}

static int save_taken(struct ck_res_save *c, const struct ck_res_ofd *o,
                      int fd, struct ck_wr *w)
{
    struct udp_body b = {.six = 0};
    struct ck_inet local, peer;
    uint8_t options[2048], in[1024];
    struct ck_wr list, groups;
    int rc = refuse(c, fd);

    if (rc)
        return rc;
    ck_inet_name(fd, 0, &local);
    ck_inet_name(fd, 1, &peer);
    CK_INET_PUT(&b, local, &local);
    CK_INET_PUT(&b, peer, &peer);
    b.reuse = option(fd, SOL_SOCKET, SO_REUSEADDR) == 1;
    b.reuseport = option(fd, SOL_SOCKET, SO_REUSEPORT) == 1;
    if (o->domain == AF_INET6)
        b.six = 1 + (option(fd, IPPROTO_IPV6, IPV6_V6ONLY) == 1);
    if (!b.reuse && !b.reuseport)
        find_sharers(c, o, &local, &b);
    b.shut = shut_of(o, fd, local.port);
    ck_wr_init(&list, options, sizeof(options));
    rc = ck_inet_options_save(c, o, fd, own, sizeof(own) / sizeof(own[0]),
                              &list);
    ck_wr_init(&groups, in, sizeof(in));
    rc = rc ?: ck_inet_groups_save(c, fd, &groups);
    rc = rc ?: save_queue(c, o, fd, &b);
    b.options = (struct ck_blob){options, (uint32_t)list.len};
    b.groups = (struct ck_blob){in, (uint32_t)groups.len};
    if (!rc && (list.bad || groups.bad))
        rc = -ENAMETOOLONG;
    if (!rc && b.datagrams && option(fd, IPPROTO_UDP, UDP_GRO))
        rc = ck_res_why(c->why, c->whycap, -EAGAIN,
                        "a UDP socket with UDP_GRO and unread datagrams; let "
                        "it read them before the checkpoint");
    if (!rc)
        udp_body_put(w, &b);
    return rc;
}

static int udp_save(struct ck_res_save *c, const struct ck_res_ofd *o,
                    struct ck_wr *w)
{
    int fd = ck_res_take(o), rc;

    if (fd < 0)
        return fd;
    rc = save_taken(c, o, fd, w);
    close(fd);
    return rc;
}

static int domain_of(const struct udp_body *b)
{
    return b->six ? AF_INET6 : AF_INET;
}

/* Where it is bound. An address of another machine becomes loopback, or none
 * where connect will choose one. */
static void place(const struct udp_body *b, struct ck_inet *local)
{
    struct ck_inet was;

    CK_INET_GET(b, local, &was);
    *local = was;
    ck_inet_home(local);
    if (b->peer_port && !ck_inet_same(local, &was))
        memset(local->ip, 0, sizeof(local->ip));
}

/* A peer that can't be reached from here becomes a loopback address: there it
 * is as good as gone. One that had the same address moves with this one. */
static void connect_again(const struct udp_body *b, int fd)
{
    struct ck_inet peer;

    CK_INET_GET(b, peer, &peer);
    if (!memcmp(b->peer_ip, b->local_ip, sizeof(peer.ip)))
        ck_inet_home(&peer);
    if (ck_inet_connect(fd, domain_of(b), &peer) < 0) {
        ck_inet_loopback(&peer, domain_of(b));
        ck_inet_connect(fd, domain_of(b), &peer);
    }
}

/* A socket that has its local address. */
static int make(struct ck_res_load *c, const struct ck_ofd *rec,
                struct udp_body *b)
{
    struct ck_inet local;
    int fd, rc = udp_body_of(c, rec, b);

    if (rc)
        return rc;
    place(b, &local);
    fd = ck_inet_socket(domain_of(b), SOCK_DGRAM, b->six == 2);
    if (fd < 0)
        return fd;
    set(fd, SOL_SOCKET, SO_REUSEADDR, b->reuse);
    set(fd, SOL_SOCKET, SO_REUSEPORT, b->reuseport);
    rc = ck_res_sockopts_bind(c, fd, b->options);
    rc = rc ?: ck_inet_groups_join(c, fd, b->groups);
    if (rc) {
        close(fd);
        return rc;
    }
    rc = local.port ? ck_inet_bind(fd, domain_of(b), &local) : 0;
    if (!rc)
        return fd;
    close(fd);
    if (rc == -EADDRINUSE)
        return ck_res_why(c->why, c->whycap, rc,
                          "a UDP socket: port %u is taken by another process; "
                          "end that one, or wait until it has ended",
                          local.port);
    return ck_res_why(c->why, c->whycap, rc,
                      "a UDP socket that can't be bound to %s: %s",
                      ck_inet_text(&local), strerror(-rc));
}

/* Without SO_REUSEPORT no two of them can have one port, so that each can be
 * tried alone. */
static int udp_check(struct ck_res_load *c, const struct ck_ofd *rec)
{
    struct udp_body b;
    int fd = make(c, rec, &b);

    if (fd < 0)
        return fd;
    close(fd);
    return 0;
}

static int udp_load(struct ck_res_load *c, const struct ck_ofd *rec)
{
    struct udp_body b;

    return make(c, rec, &b);
}

static int collect(void *arg, uint64_t off, const void *p, size_t n)
{
    struct queue *q = arg;

    if (off > q->cap || n > q->cap - off)
        return -EBADMSG;
    memcpy(q->p + off, p, n);
    q->len = off + n;
    return 0;
}

static void send_again(struct ck_res_load *c, const struct udp_body *b,
                       const struct gram *g, int fd, const void *data)
{
    int from = g->sender ? c->loaded(c, g->sender) : -1, domain, own_one = 0;
    struct sockaddr_storage s;
    struct ck_inet who, to;
    socklen_t len;

    CK_INET_GET(g, from, &who);
    if (from < 0) {
        from = ck_inet_socket(domain_of(b), SOCK_DGRAM, 0);
        own_one = 1;
        if (from < 0 || ck_inet_bind(from, domain_of(b), &who) < 0)
            goto out;
    } else {
        ck_inet_home(&who);
    }
    domain = option(from, SOL_SOCKET, SO_DOMAIN);
    if (ck_inet_connect(fd, domain_of(b), &who) < 0 ||
        ck_inet_name(fd, 0, &to) < 0)
        goto out;
    len = ck_inet_to(&to, domain, &s);
    (void)!sendto(from, data, g->len, MSG_NOSIGNAL, (void *)&s, len);
out:
    if (own_one && from >= 0)
        close(from);
}

static int fill(struct ck_res_load *c, const struct ck_ofd *rec,
                const struct udp_body *b, int fd)
{
    struct queue q = {.p = malloc(b->bytes + 1), .cap = b->bytes};
    int size = option(fd, SOL_SOCKET, SO_RCVBUF), rc;
    int lock = option(fd, SOL_SOCKET, SO_BUF_LOCK);

    if (!q.p)
        return -ENOMEM;
    set(fd, SOL_SOCKET, SO_RCVBUF, 1 << 29);
    rc = c->source->read(c->source, rec->id, collect, &q);
    for (size_t at = 0; !rc && at < q.len;) {
        struct gram g;
        struct ck_rd r;

        ck_rd_init(&r, q.p + at, q.len - at < GRAM_SIZE ? 0 : GRAM_SIZE);
        if (gram_get(&r, &g) || g.len > q.len - at - GRAM_SIZE) {
            rc = -EBADMSG;
            break;
        }
        send_again(c, b, &g, fd, q.p + at + GRAM_SIZE);
        at += GRAM_SIZE + g.len;
    }
    set(fd, SOL_SOCKET, SO_RCVBUF, size / 2);
    set(fd, SOL_SOCKET, SO_BUF_LOCK, lock);
    free(q.p);
    return rc;
}

static int udp_settle(struct ck_res_load *c, const struct ck_ofd *rec, int fd)
{
    struct sockaddr none = {.sa_family = AF_UNSPEC};
    struct udp_body b;
    int rc = udp_body_of(c, rec, &b);

    if (!rc && b.bytes)
        rc = fill(c, rec, &b, fd);
    if (rc)
        return rc;
    if (b.datagrams)
        (void)connect(fd, &none, sizeof(none)); /* from the last sender */
    if (b.peer_port)
        connect_again(&b, fd);
    if (b.shut)
        shutdown(fd, b.shut - 1);
    set(fd, SOL_SOCKET, SO_REUSEADDR, 0);
    set(fd, SOL_SOCKET, SO_REUSEPORT, 0);
    rc = ck_res_sockopts_set(c, fd, b.options);
    if (!rc && fcntl(fd, F_SETFL, rec->flags & KEEP_FLAGS) < 0)
        rc = -errno;
    return rc;
}

static void udp_describe(const struct ck_ofd *rec, char *buf, size_t cap)
{
    struct ck_inet local, peer;
    struct udp_body b;

    if (udp_body_of(NULL, rec, &b)) {
        snprintf(buf, cap, "?");
        return;
    }
    CK_INET_GET(&b, local, &local);
    CK_INET_GET(&b, peer, &peer);
    snprintf(buf, cap, "UDP socket at %s%s%s, %u datagrams unread",
             ck_inet_text(&local), peer.port ? " with " : "",
             peer.port ? ck_inet_text(&peer) : "", b.datagrams);
}

static uint64_t udp_claim(const struct ck_ofd *rec)
{
    struct udp_body b;

    return udp_body_of(NULL, rec, &b) ? 0 : b.local_port;
}

static int udp_clash(const struct ck_ofd *x, const struct ck_ofd *y)
{
    struct ck_inet here, there;
    struct udp_body a, b;

    if (udp_body_of(NULL, x, &a) || udp_body_of(NULL, y, &b))
        return 0;
    CK_INET_GET(&a, local, &here);
    CK_INET_GET(&b, local, &there);
    return ck_inet_overlap(&here, a.six, &there, b.six) &&
           !(a.reuse && b.reuse) && !(a.reuseport && b.reuseport);
}

const struct ck_res ck_res_udp = {
    .name = "udp",
    .match = udp_match,
    .save = udp_save,
    .check = udp_check,
    .load = udp_load,
    .settle = udp_settle,
    .claim = udp_claim,
    .clash = udp_clash,
    .describe = udp_describe,
};
