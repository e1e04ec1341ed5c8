/*
 * tcp.c - what a TCP socket is like at a checkpoint: tcpload.c makes it
 * again.
 *
 * All TCP sockets of the tree are looked at together, when the first is
 * saved: which two are the ends of one connection shows by their addresses.
 * What was written and not received is made to arrive (tcpqueue.c), so that
 * receive queues are all there is to save. The kernel's list of sockets
 * tells about ends that no process has: a connection that nobody accepted
 * yet, a peer that has closed. An end that is outside of the tree is as good
 * as gone: it will not be there after a restart.
 */
#include "lib/res/tcp.h"

#include <linux/sockios.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#ifndef POLLRDHUP
#define POLLRDHUP 0x2000
#endif

struct end {
    const struct ck_res_ofd *o;
    struct ck_inet local, peer;
    int state, events;
    int unsent; /* bytes that have not arrived */
    int backlog;
    int options; /* that the two ends have agreed on */
    uint8_t six; /* 0, 1: AF_INET6, 2: V6ONLY */
    uint8_t how;
    struct end *other;
    const struct ck_inet_seen *seen; /* an other end that no process has */
};

/* The sockets of one checkpoint. The helper that saves them ends soon. */
static struct {
    struct end *end;
    size_t n;
    struct ck_inet_seen *seen;
    size_t nseen, cap;
} all;

#define OPTION(o) {IPPROTO_TCP, o, sizeof(int)},
#define OPTIONS(I)                                                         \
    I(TCP_NODELAY) I(TCP_CORK) I(TCP_KEEPIDLE) I(TCP_KEEPINTVL)            \
    I(TCP_KEEPCNT) I(TCP_SYNCNT) I(TCP_LINGER2) I(TCP_DEFER_ACCEPT)        \
    I(TCP_USER_TIMEOUT) I(TCP_NOTSENT_LOWAT) I(TCP_SAVE_SYN)               \
    I(TCP_FASTOPEN) I(TCP_INQ) I(TCP_THIN_LINEAR_TIMEOUTS)                 \
    I(TCP_TX_DELAY) I(CK_TCP_RTO_MAX_MS) I(CK_TCP_RTO_MIN_US)              \
    I(CK_TCP_DELACK_MAX_US)
/* Newer than the headers may be. */
#define CK_TCP_RTO_MAX_MS 44    /* Linux 6.15 */
#define CK_TCP_RTO_MIN_US 45    /* 6.17 */
#define CK_TCP_DELACK_MAX_US 46 /* 6.17 */

/* At the end those of one that is not connected: they tell, and take, another
 * thing later. */
static const struct ck_res_sockopt own[] = {
    OPTIONS(OPTION)
    {IPPROTO_TCP, TCP_CONGESTION, 16},
    OPTION(TCP_MAXSEG) OPTION(TCP_WINDOW_CLAMP)
    OPTION(TCP_FASTOPEN_NO_COOKIE) OPTION(TCP_FASTOPEN_CONNECT)
};

static size_t option_count(const struct end *e)
{
    size_t n = sizeof(own) / sizeof(own[0]);

    if (e->how == TCP_FRESH || e->how == TCP_BOUND)
        return n;
    return e->how == TCP_LISTENS ? n - 1 : n - 4;
}

int ck_tcp_match(const struct ck_res_ofd *o)
{
    return S_ISSOCK(o->st.st_mode) && o->type == SOCK_STREAM &&
           (o->domain == AF_INET || o->domain == AF_INET6) &&
           o->protocol == IPPROTO_TCP;
}

static int connected(const struct end *e)
{
    return e->peer.port != 0;
}

static void look_at(struct end *e, int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLIN | POLLPRI | POLLRDHUP};
    struct tcp_info info = {0};
    socklen_t len = sizeof(info);

    ck_inet_name(fd, 0, &e->local);
    ck_inet_name(fd, 1, &e->peer);
    getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len);
    e->state = info.tcpi_state;
    e->options = info.tcpi_options;
    e->backlog = (int)info.tcpi_sacked; /* of a listening one */
    e->events = poll(&p, 1, 0) > 0 ? p.revents : 0;
    e->unsent = 0;
    if (connected(e))
        ioctl(fd, SIOCOUTQ, &e->unsent);
}

static int look_first(struct ck_res_save *c, struct end *e)
{
    char ulp[16] = "";
    socklen_t len = sizeof(ulp);
    int fd = ck_res_take(e->o), rc = fd < 0 ? fd : 0;

    if (rc)
        return ck_res_why(c->why, c->whycap, rc,
                          "a TCP socket that can't be looked at: %s",
                          strerror(-rc));
    look_at(e, fd);
    if (e->o->domain == AF_INET6)
        e->six = 1 + (ck_tcp_option(fd, IPPROTO_IPV6, IPV6_V6ONLY) == 1);
    if (!ck_inet_here(fd))
        rc = ck_res_why(c->why, c->whycap, -ENOTSUP,
                        "a TCP socket of another network namespace; use one "
                        "namespace for all of the computation");
    else if (!getsockopt(fd, IPPROTO_TCP, TCP_ULP, ulp, &len) && len)
        rc = ck_res_why(c->why, c->whycap, -ENOTSUP,
                        "a TCP socket that the kernel encrypts (%.15s); let "
                        "the program's library do that", ulp);
    close(fd);
    return rc;
}

static int look_again(struct end *e)
{
    int fd = ck_res_take(e->o);

    if (fd < 0)
        return fd;
    look_at(e, fd);
    close(fd);
    return 0;
}

static int by_names(const struct ck_inet *a1, const struct ck_inet *a2,
                    const struct ck_inet *b1, const struct ck_inet *b2)
{
    int d = memcmp(a1->ip, b1->ip, 16) ?: a1->port - b1->port;

    return d ?: memcmp(a2->ip, b2->ip, 16) ?: a2->port - b2->port;
}

static int end_order(const void *a, const void *b)
{
    const struct end *x = a, *y = b;

    return by_names(&x->local, &x->peer, &y->local, &y->peer);
}

/* Finds both ends of each connection; all.end is sorted. */
static void find_pairs(void)
{
    for (size_t i = 0; i < all.n; i++) {
        struct end *e = &all.end[i];
        struct end key = {.local = e->peer, .peer = e->local};

        if (connected(e))
            e->other = bsearch(&key, all.end, all.n, sizeof(key), end_order);
    }
}

static int note(void *arg, const struct ck_inet_seen *s)
{
    (void)arg;
    if (all.nseen == all.cap) {
        size_t cap = all.cap ? 2 * all.cap : 256;
        void *more = realloc(all.seen, cap * sizeof(*all.seen));

        if (!more)
            return -ENOMEM;
        all.seen = more;
        all.cap = cap;
    }
    all.seen[all.nseen++] = *s;
    return 0;
}

/* For ends without a known other one: asks the kernel about it. A kernel
 * without sock_diag leaves them without. */
static int find_others(void)
{
    int rc = 0, lone = 0;

    for (size_t i = 0; i < all.n; i++) {
        all.end[i].seen = NULL;
        lone += (connected(&all.end[i]) && !all.end[i].other) ||
                all.end[i].state == TCP_SYN_SENT;
    }
    all.nseen = 0;
    if (lone)
        rc = ck_inet_list(~0u, note, NULL);
    for (size_t i = 0; i < all.n; i++) {
        struct end *e = &all.end[i];

        for (size_t k = 0; k < all.nseen; k++) {
            const struct ck_inet_seen *s = &all.seen[k];

            if (e->state == TCP_SYN_SENT && s->inode == e->o->st.st_ino)
                e->peer = s->peer;
            else if (connected(e) && !e->other &&
                     ck_inet_same(&s->local, &e->peer) &&
                     ck_inet_same(&s->peer, &e->local))
                e->seen = s;
        }
    }
    return rc == -ENOMEM ? rc : 0;
}

static const struct end *listener_at(const struct ck_inet *a)
{
    for (size_t i = 0; all.end && i < all.n; i++) {
        if (all.end[i].state == TCP_LISTEN &&
            ck_inet_covers(&all.end[i].local, a))
            return &all.end[i];
    }
    return NULL;
}

/* A peer that no process has any more, and that has still something to
 * send. */
static int closed_with_data(const struct end *e)
{
    return e->seen && !e->seen->inode &&
           (e->seen->state == TCP_FIN_WAIT1 || e->seen->state == TCP_CLOSING ||
            e->seen->state == TCP_LAST_ACK);
}

/* The flows that have something on its way: returns how many. */
static long find_flows(struct ck_tcp_flow *f)
{
    long n = 0;

    for (size_t i = 0; i < all.n; i++) {
        const struct end *e = &all.end[i];
        int from = -1, to = -1;

        if (e->other && e->unsent) {
            from = ck_res_take(e->o);
            to = ck_res_take(e->other->o);
        } else if (closed_with_data(e)) {
            to = ck_res_take(e->o);
        } else {
            continue;
        }
        f[n++] = (struct ck_tcp_flow){.from = from, .to = to};
        if (to < 0 || (from < 0 && e->other))
            return n > 0 ? -EMFILE : 0;
    }
    return n;
}

static int drain(struct ck_res_save *c)
{
    struct ck_tcp_flow *f = calloc(all.n + 1, sizeof(*f));
    long n = f ? find_flows(f) : -ENOMEM;
    int rc = n < 0 ? (int)n : ck_tcp_drain(f, (size_t)n);

    for (size_t i = 0; f && i < all.n; i++) {
        if (f[i].to > 0)
            close(f[i].to);
        if (f[i].from > 0)
            close(f[i].from);
    }
    free(f);
    if (rc)
        return ck_res_why(c->why, c->whycap, rc,
                          "among the TCP connections, where more is on its "
                          "way than the receivers have room for; let them "
                          "read before the checkpoint");
    for (size_t i = 0; !rc && n && i < all.n; i++)
        rc = look_again(&all.end[i]);
    return rc ?: n ? find_others() : 0;
}

static uint8_t how_of(const struct end *e)
{
    switch (e->state) {
    case TCP_LISTEN:
        return TCP_LISTENS;
    case TCP_SYN_SENT:
        return TCP_CONNECTS;
    case TCP_CLOSE:
        if (e->events & POLLRDHUP)
            return TCP_GONE;
        return e->local.port ? TCP_BOUND : TCP_FRESH;
    default:
        break;
    }
    if (e->other)
        return e->other->state == TCP_CLOSE ? TCP_GONE : TCP_PAIR;
    if (e->seen && !e->seen->inode && listener_at(&e->peer) &&
        (e->seen->state == TCP_ESTABLISHED || e->seen->state == TCP_SYN_RECV ||
         e->seen->state == TCP_CLOSE_WAIT))
        return TCP_PENDING;
    return TCP_GONE;
}

static int look_at_all(struct ck_res_save *c)
{
    int rc = 0;

    free(all.end);
    all.n = 0;
    all.end = calloc(c->count + 1, sizeof(*all.end));
    if (!all.end)
        return -ENOMEM;
    for (size_t i = 0; !rc && i < c->count; i++) {
        const struct ck_res *kind = ck_res_match(&c->all[i]);

        if (!kind || kind->save != ck_tcp_save)
            continue;
        all.end[all.n].o = &c->all[i];
        rc = look_first(c, &all.end[all.n++]);
    }
    if (rc)
        return rc;
    qsort(all.end, all.n, sizeof(*all.end), end_order);
    find_pairs();
    rc = find_others() ?: drain(c);
    for (size_t i = 0; !rc && i < all.n; i++)
        all.end[i].how = how_of(&all.end[i]);
    return rc;
}

/* The first of them begins anew. */
static struct end *end_of(struct ck_res_save *c, const struct ck_res_ofd *o,
                          int *rc)
{
    const struct ck_res_ofd *first = c->all;

    while (first < o && (!ck_res_match(first) ||
                         ck_res_match(first)->save != ck_tcp_save))
        first++;
    *rc = first == o ? look_at_all(c) : 0;
    for (size_t i = 0; !*rc && i < all.n; i++) {
        if (all.end[i].o == o)
            return &all.end[i];
    }
    *rc = *rc ?: -EINVAL;
    return NULL;
}

/* Bytes to read, which end at urgent ones unless these are in line. */
static int unread(struct ck_res_save *c, const struct end *e, int fd)
{
    int n = 0, with = 0, one = 1;
    int line = ck_tcp_option(fd, SOL_SOCKET, SO_OOBINLINE);

    if (e->state == TCP_LISTEN || ioctl(fd, FIONREAD, &n) < 0)
        return 0;
    setsockopt(fd, SOL_SOCKET, SO_OOBINLINE, &one, sizeof(one));
    ioctl(fd, FIONREAD, &with);
    setsockopt(fd, SOL_SOCKET, SO_OOBINLINE, &line, sizeof(line));
    if (with != n || (e->events & POLLPRI))
        return ck_res_why(c->why, c->whycap, -EAGAIN,
                          "a TCP socket with urgent data (MSG_OOB) in it; let "
                          "it be read before the checkpoint");
    return n;
}

static int save_unread(struct ck_res_save *c, const struct end *e, int fd,
                       uint64_t *bytes)
{
    int n = unread(c, e, fd), rc;
    char *buf;

    if (n <= 0)
        return n;
    buf = malloc((size_t)n);
    if (!buf)
        return -ENOMEM;
    if (recv(fd, buf, (size_t)n, MSG_PEEK | MSG_DONTWAIT) != n)
        rc = ck_res_why(c->why, c->whycap, -EAGAIN,
                        "a TCP socket whose %d bytes can't be read: %s", n,
                        strerror(errno));
    else
        rc = c->sink->open(c->sink, e->o->id,
                           (uint64_t)n / CK_RES_PIECE + 1);
    for (size_t at = 0, k; !rc && at < (size_t)n; at += k) {
        k = (size_t)n - at < CK_RES_PIECE ? (size_t)n - at : CK_RES_PIECE;
        rc = c->sink->write(c->sink, e->o->id, at, buf + at, k);
    }
    free(buf);
    *bytes = (uint64_t)n;
    return rc;
}

/* Which of two ends listened, before: nothing but the ports tells, when the
 * listener is gone. */
static int was_server(const struct end *e, const struct end *o)
{
    int by_connect = ck_inet_by_connect(e->local.port);

    if (listener_at(&e->local) || listener_at(&o->local))
        return listener_at(&e->local) != NULL;
    return by_connect != ck_inet_by_connect(o->local.port)
               ? !by_connect
               : e->local.port < o->local.port;
}

/* Has it a port for itself? Two that listen at one had SO_REUSEPORT once,
 * whatever they have by now. */
static int shares_port(const struct end *e)
{
    for (size_t i = 0; i < all.n; i++) {
        const struct end *o = &all.end[i];

        if (o != e && (o->how == TCP_LISTENS || o->how == TCP_BOUND) &&
            e->local.port && (ck_inet_covers(&o->local, &e->local) ||
                              ck_inet_covers(&e->local, &o->local)))
            return e->how == TCP_LISTENS || e->how == TCP_BOUND;
    }
    return 0;
}

static void fill_body(const struct end *e, int fd, struct tcp_body *b)
{
    const struct end *o = e->other;
    int state = e->state, over = state != TCP_LISTEN && state != TCP_SYN_SENT;

    b->how = e->how;
    b->here6 = e->six;
    b->there6 = o ? o->six : e->six;
    b->backlog = (uint32_t)e->backlog;
    b->reuseport = ck_tcp_option(fd, SOL_SOCKET, SO_REUSEPORT) == 1 ||
                   shares_port(e);
    b->dev = e->o->st.st_dev;
    b->key = e->o->st.st_ino;
    if (o && o->o->st.st_ino < b->key)
        b->key = o->o->st.st_ino;
    if (o)
        b->server = (uint8_t)was_server(e, o);
    if (over && state != TCP_ESTABLISHED && state != TCP_CLOSE_WAIT &&
        e->how >= TCP_PAIR)
        b->shut |= TCP_SHUT_WR;
    if ((e->events & POLLRDHUP) &&
        (state == TCP_ESTABLISHED || state == TCP_FIN_WAIT1 ||
         state == TCP_FIN_WAIT2))
        b->shut |= TCP_SHUT_RD;
    if (state == TCP_CLOSE && (e->events & POLLERR))
        b->error = e->options ? TCP_RESET : TCP_REFUSED;
    if (e->how == TCP_PENDING)
        b->listener = listener_at(&e->peer)->o->id;
    CK_INET_PUT(b, local, &e->local);
    CK_INET_PUT(b, peer, &e->peer);
}

/* A FIN counts as a byte there. */
static int sent_unaccepted(const struct end *e)
{
    return e->seen->rqueue > (e->seen->state == TCP_CLOSE_WAIT);
}

static int refuse(struct ck_res_save *c, const struct end *e)
{
    pid_t part = e->how == TCP_GONE && e->seen && e->seen->inode
                     ? ck_res_other_part(e->o, e->seen->inode)
                     : 0;

    if (part)
        return ck_res_why(c->why, c->whycap, -EAGAIN,
                          "a TCP connection with process %d, which is in "
                          "another part of the computation: these can't be "
                          "saved; close it before the checkpoint", part);
    if (e->how == TCP_GONE && !e->seen && c->several && !e->o->ngiven &&
        e->state == TCP_ESTABLISHED)
        return ck_res_why(c->why, c->whycap, -EAGAIN,
                          "a TCP connection with %s, which may be another "
                          "node of this job: connections between nodes can't "
                          "be saved yet", ck_inet_text(&e->peer));
    if (e->other == e)
        return ck_res_why(c->why, c->whycap, -ENOTSUP,
                          "a TCP socket that is connected to itself; close it "
                          "before the checkpoint");
    if (e->how == TCP_PENDING && (sent_unaccepted(e) || e->unsent))
        return ck_res_why(c->why, c->whycap, -EAGAIN,
                          "a TCP socket that has sent data to %s, where the "
                          "connection was not accepted yet; let it be "
                          "accepted before the checkpoint",
                          ck_inet_text(&e->peer));
    return 0;
}

int ck_tcp_save(struct ck_res_save *c, const struct ck_res_ofd *o,
                struct ck_wr *w)
{
    uint8_t options[2048];
    struct tcp_body b = {0};
    struct ck_wr list;
    int rc, fd;
    struct end *e = end_of(c, o, &rc);

    if (!e)
        return rc;
    rc = refuse(c, e);
    if (rc)
        return rc;
    fd = ck_res_take(o);
    if (fd < 0)
        return fd;
    c->outside = e->how == TCP_GONE;
    fill_body(e, fd, &b);
    ck_wr_init(&list, options, sizeof(options));
    rc = save_unread(c, e, fd, &b.bytes);
    if (!rc)
        rc = ck_inet_options_save(c, o, fd, own, option_count(e), &list);
    close(fd);
    b.options = (struct ck_blob){options, (uint32_t)list.len};
    if (!rc && list.bad)
        rc = -ENAMETOOLONG;
    if (!rc)
        tcp_body_put(w, &b);
    return rc;
}
