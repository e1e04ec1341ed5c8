/*
 * tcpload.c - TCP sockets at a restart; tcp.c saved them.
 *
 * load makes connections: one end listens at its old address for a moment,
 * the other one connects from its old address, and what was unread at one
 * end is sent from the other. Until all are linked everything has
 * SO_REUSEADDR, so that several may have one port. link binds and listens,
 * and shuts down what was; settle makes clients connect that nobody had
 * accepted yet, and gives all their options.
 *
 * check ends what the kernel keeps of the last run, before anything is bound.
 *
 * Somebody else's port: who listens is refused by check; a connection takes
 * another port. An address that this machine does not have becomes loopback.
 */
#include "lib/res/tcp.h"

#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define KEEP_FLAGS (O_NONBLOCK | O_ASYNC)
#define CONNECT_MS 1000
#define FILL_MS 2000

CK_RES_BODY(tcp_body, "a TCP socket")

static int body_of(struct ck_res_load *c, const struct ck_ofd *rec,
                   struct tcp_body *b, struct ck_inet *local,
                   struct ck_inet *peer)
{
    int rc = tcp_body_of(c, rec, b);

    if (rc)
        return rc;
    CK_INET_GET(b, local, local);
    CK_INET_GET(b, peer, peer);
    ck_inet_home(local);
    if (b->how == TCP_PAIR || b->how == TCP_PENDING)
        ck_inet_home(peer);
    return 0;
}

static int failed(struct ck_res_load *c, const char *what,
                  const struct ck_inet *a, int rc)
{
    if (rc == -EADDRINUSE)
        return ck_res_why(c->why, c->whycap, rc,
                          "a TCP socket: port %u is taken by another process; "
                          "end that one, or wait until it has ended", a->port);
    return ck_res_why(c->why, c->whycap, rc, "a TCP socket that can't %s %s: "
                      "%s", what, ck_inet_text(a), strerror(-rc));
}

static void set(int fd, int name, int on)
{
    setsockopt(fd, SOL_SOCKET, name, &on, sizeof(on));
}

static int make(uint8_t six, int reuseport)
{
    int fd = ck_inet_socket(tcp_domain(six), SOCK_STREAM, six == 2);

    if (fd < 0)
        return fd;
    set(fd, SO_REUSEADDR, 1);
    if (reuseport)
        set(fd, SO_REUSEPORT, 1);
    return fd;
}

static int tcp_check(struct ck_res_load *c, const struct ck_ofd *rec)
{
    struct ck_inet local, peer;
    struct tcp_body b;
    int fd, rc = body_of(c, rec, &b, &local, &peer);

    if (rc)
        return rc;
    fd = make(b.here6, b.reuseport);
    if (fd < 0)
        return failed(c, "be made for", &local, fd);
    rc = ck_res_sockopts_bind(c, fd, b.options);
    if (rc) {
        close(fd);
        return rc;
    }
    if (b.how == TCP_BOUND || b.how == TCP_LISTENS)
        rc = ck_inet_bind_again(fd, tcp_domain(b.here6), &local);
    else if (b.how != TCP_FRESH && b.how != TCP_GONE)
        ck_inet_end_kept(&local, &peer);
    if (!rc && b.how == TCP_LISTENS && listen(fd, 1) < 0)
        rc = -errno;
    close(fd);
    return rc ? failed(c, "be bound to", &local, rc) : 0;
}

static int wait_for(int fd, int events, int ms)
{
    struct pollfd p = {.fd = fd, .events = (short)events};

    return poll(&p, 1, ms) == 1 ? 0 : -ETIMEDOUT;
}

/* The connection of `client` among those that come. */
static int accept_from(int server, int client)
{
    struct ck_inet name, who;
    int fd = -1, rc = ck_inet_name(client, 0, &name);

    while (!rc && fd < 0) {
        rc = wait_for(server, POLLIN, CONNECT_MS);
        if (rc)
            break;
        fd = accept4(server, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (fd < 0)
            return -errno;
        if (ck_inet_name(fd, 1, &who) || !ck_inet_same(&name, &who)) {
            close(fd); /* a stranger */
            fd = -1;
        }
    }
    return rc ?: fd;
}

/* From the same address, at any port; fd is not bound. */
static int connect_any(int fd, uint8_t six, const struct ck_inet *from,
                       const struct ck_inet *to)
{
    struct ck_inet any_port = *from;

    any_port.port = 0;
    return ck_inet_connect_from(fd, tcp_domain(six), &any_port, to);
}

struct side {
    struct ck_inet name;
    uint8_t six;
    int fd;
};

/* From its old port, or from any. */
static int connect_client(struct side *s, struct side *cl)
{
    struct ck_inet to;
    int rc = ck_inet_name(s->fd, 0, &to);

    if (rc)
        return rc;
    cl->fd = make(cl->six, 0);
    if (cl->fd < 0)
        return cl->fd;
    rc = ck_inet_connect_from(cl->fd, tcp_domain(cl->six), &cl->name, &to);
    if (!rc)
        return 0;
    close(cl->fd);
    cl->fd = make(cl->six, 0);
    return cl->fd < 0 ? cl->fd
                      : connect_any(cl->fd, cl->six, &cl->name, &to);
}

/* Both ends of a new connection. On failure neither is open; -EADDRINUSE:
 * the server's port can't be had. */
static int connect_ends(struct side *s, struct side *cl)
{
    int rc, server, accepted;

    cl->fd = -1;
    s->fd = server = make(s->six, 0);
    if (server < 0)
        return server;
    rc = ck_inet_bind_now(server, tcp_domain(s->six), &s->name);
    if (!rc && listen(server, 8) < 0)
        rc = -errno;
    rc = rc ?: connect_client(s, cl);
    s->fd = -1;
    accepted = rc ?: accept_from(server, cl->fd);
    close(server);
    if (accepted >= 0) {
        s->fd = accepted;
        return 0;
    }
    if (cl->fd >= 0)
        close(cl->fd);
    cl->fd = -1;
    return accepted;
}

/* A port that others have got from the kernel, too, can be connected from
 * but not bound: then the other end is the server. */
static int connect_pair(struct side *s, struct side *cl)
{
    int rc = connect_ends(s, cl);

    if (rc == -EADDRINUSE && cl->name.port)
        rc = connect_ends(cl, s);
    if (rc == -EADDRINUSE) {
        s->name.port = 0;
        rc = connect_ends(s, cl);
    }
    return rc;
}

static int send_all(void *arg, uint64_t off, const void *p, size_t n)
{
    int fd = *(int *)arg;

    (void)off;
    for (size_t at = 0; at < n;) {
        ssize_t k = send(fd, (const char *)p + at, n - at, MSG_NOSIGNAL);

        if (k > 0)
            at += (size_t)k;
        else if (errno != EAGAIN && errno != EINTR)
            return -errno;
        else if (wait_for(fd, POLLOUT, FILL_MS))
            return -ETIMEDOUT;
    }
    return 0;
}

/* What was unread at `to` is sent by `from`. */
static int fill(struct ck_res_load *c, uint32_t id, uint64_t bytes, int from,
                int to)
{
    struct ck_tcp_room room;
    int rc;

    if (!bytes)
        return 0;
    ck_tcp_widen(to, &room);
    rc = c->source->read(c->source, id, send_all, &from);
    ck_tcp_narrow(to, &room);
    return rc ? ck_res_why(c->why, c->whycap, rc,
                           "can't fill a TCP connection again: %s",
                           strerror(-rc))
              : 0;
}

/* fd[0] is the server's end, fd[1] the client's. */
static int load_pair(struct ck_res_load *c, const struct ck_ofd *rec,
                     const struct tcp_body *b, const struct ck_inet *local,
                     const struct ck_inet *peer)
{
    struct side here = {*local, b->here6, -1}, there = {*peer, b->there6, -1};
    struct ck_res_shared *s;
    int fresh, rc, fd, at = b->server ? 0 : 1;

    s = ck_res_share(c, b->dev, b->key, &fresh);
    if (!s)
        return -ENOMEM;
    if (fresh) {
        rc = b->server ? connect_pair(&here, &there)
                       : connect_pair(&there, &here);
        if (rc)
            return failed(c, "be connected again to", peer, rc);
        s->fd[at] = here.fd;
        s->fd[1 - at] = there.fd;
    }
    if (s->fd[0] < 0 || s->fd[1] < 0)
        return -EBADMSG;
    rc = fill(c, rec->id, b->bytes, s->fd[1 - at], s->fd[at]);
    if (rc)
        return rc;
    fd = fcntl(s->fd[at], F_DUPFD_CLOEXEC, 3);
    return fd < 0 ? -errno : fd;
}

/* The error of a connection that nobody answered: its peer is bound and does
 * not listen. */
static int load_refused(const struct tcp_body *b, const struct ck_inet *local)
{
    struct ck_inet to = *local;
    int domain = tcp_domain(b->here6), fd = make(b->here6, 0);
    int nobody = ck_inet_socket(domain, SOCK_STREAM, 0), rc;

    to.port = 0;
    rc = fd < 0 ? fd : nobody < 0 ? nobody : ck_inet_bind(nobody, domain, &to);
    rc = rc ?: ck_inet_name(nobody, 0, &to);
    if (!rc)
        ck_inet_connect(fd, domain, &to);
    if (nobody >= 0)
        close(nobody);
    if (rc && fd >= 0)
        close(fd);
    return rc ?: fd;
}

/* A peer that sends what is unread, and is gone. */
static int load_gone(struct ck_res_load *c, const struct ck_ofd *rec,
                     const struct tcp_body *b, const struct ck_inet *local)
{
    struct side here = {*local, b->here6, -1}, there = {*local, b->here6, -1};
    struct linger reset = {.l_onoff = 1};
    int rc;

    if (ck_inet_any(local)) /* what a failed connect leaves */
        ck_inet_loopback(&here.name, tcp_domain(b->here6));
    there.name = here.name;
    there.name.port = 0;
    if (b->error == TCP_REFUSED)
        return load_refused(b, &there.name);
    rc = connect_pair(&there, &here);
    if (rc)
        return failed(c, "be connected again at", &here.name, rc);
    rc = fill(c, rec->id, b->bytes, there.fd, here.fd);
    if (b->error == TCP_RESET)
        setsockopt(there.fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
    close(there.fd);
    if (!rc)
        return here.fd;
    close(here.fd);
    return rc;
}

static int tcp_load(struct ck_res_load *c, const struct ck_ofd *rec)
{
    struct ck_inet local, peer;
    struct tcp_body b;
    int fd, rc = body_of(c, rec, &b, &local, &peer);

    if (rc)
        return rc;
    if (b.how == TCP_PAIR)
        return load_pair(c, rec, &b, &local, &peer);
    if (b.how == TCP_GONE)
        return load_gone(c, rec, &b, &local);
    fd = make(b.here6, b.reuseport);
    if (fd < 0)
        return failed(c, "be made for", &local, fd);
    rc = ck_res_sockopts_bind(c, fd, b.options);
    if (!rc)
        return fd;
    close(fd);
    return rc;
}

static void shut(const struct tcp_body *b, int fd)
{
    if (b->shut & TCP_SHUT_WR)
        shutdown(fd, SHUT_WR);
    if (b->shut & TCP_SHUT_RD)
        shutdown(fd, SHUT_RD);
}

/* Once: it is asked for by its connections, too. */
static int listen_again(struct ck_res_load *c, const struct ck_ofd *rec,
                        int fd)
{
    struct ck_inet local, peer;
    struct tcp_body b;
    int rc = body_of(c, rec, &b, &local, &peer);

    if (rc || ck_tcp_option(fd, SOL_SOCKET, SO_ACCEPTCONN) == 1)
        return rc;
    rc = ck_inet_bind(fd, tcp_domain(b.here6), &local);
    if (!rc && listen(fd, (int)b.backlog) < 0)
        rc = -errno;
    return rc ? failed(c, "be bound to", &local, rc) : 0;
}

/* At its old port, or at any. */
static int connect_again(const struct tcp_body *b, int fd,
                         const struct ck_inet *local,
                         const struct ck_inet *peer)
{
    int rc = ck_inet_connect_from(fd, tcp_domain(b->here6), local, peer);

    return rc == -EADDRINUSE ? connect_any(fd, b->here6, local, peer) : rc;
}

/* Before others connect, which may not find room in the backlog. */
static int link_pending(struct ck_res_load *c, const struct tcp_body *b,
                        int fd, const struct ck_inet *local,
                        const struct ck_inet *peer)
{
    const struct ck_ofd *listener = c->record(c, b->listener);
    int at = c->loaded(c, b->listener), rc;

    if (!listener || at < 0)
        return -EBADMSG;
    rc = listen_again(c, listener, at);
    if (rc)
        return rc;
    rc = connect_again(b, fd, local, peer);
    if (rc)
        return failed(c, "be connected again to", peer, rc);
    if (!wait_for(fd, POLLOUT, CONNECT_MS))
        shut(b, fd);
    return 0;
}

static int tcp_link(struct ck_res_load *c, const struct ck_ofd *rec, int fd)
{
    struct ck_inet local, peer;
    struct tcp_body b;
    int rc = body_of(c, rec, &b, &local, &peer);

    if (rc)
        return rc;
    if (b.how == TCP_PENDING)
        return link_pending(c, &b, fd, &local, &peer);
    if (b.how == TCP_LISTENS)
        return listen_again(c, rec, fd);
    if (b.how == TCP_BOUND)
        rc = ck_inet_bind(fd, tcp_domain(b.here6), &local);
    else if (b.how == TCP_PAIR || b.how == TCP_GONE)
        shut(&b, fd);
    return rc ? failed(c, "be bound to", &local, rc) : 0;
}

/* What becomes of a connect that had not ended the program is told. */
static int tcp_settle(struct ck_res_load *c, const struct ck_ofd *rec, int fd)
{
    struct ck_inet local, peer;
    struct tcp_body b;
    int rc = body_of(c, rec, &b, &local, &peer);

    if (rc)
        return rc;
    if (b.how == TCP_CONNECTS)
        connect_again(&b, fd, &local, &peer);
    set(fd, SO_REUSEADDR, 0);
    set(fd, SO_REUSEPORT, 0);
    rc = ck_res_sockopts_set(c, fd, b.options);
    if (!rc && fcntl(fd, F_SETFL, rec->flags & KEEP_FLAGS) < 0)
        rc = -errno;
    return rc;
}

static void tcp_describe(const struct ck_ofd *rec, char *buf, size_t cap)
{
    static const char *const hows[] = {
        "TCP socket", "TCP socket bound to", "TCP socket listening at",
        "TCP connection of", "TCP connection, not accepted yet, of",
        "TCP socket, connecting, of", "TCP connection that will have ended, of",
    };
    struct ck_inet local, peer;
    struct tcp_body b;
    size_t n;

    if (tcp_body_of(NULL, rec, &b) || b.how > TCP_GONE) {
        snprintf(buf, cap, "?");
        return;
    }
    CK_INET_GET(&b, local, &local);
    CK_INET_GET(&b, peer, &peer);
    n = (size_t)snprintf(buf, cap, "%s", hows[b.how]);
    if (b.how != TCP_FRESH && n < cap)
        n += (size_t)snprintf(buf + n, cap - n, " %s", ck_inet_text(&local));
    if (peer.port && n < cap)
        n += (size_t)snprintf(buf + n, cap - n, " with %s",
                              ck_inet_text(&peer));
    if (b.bytes && n < cap)
        snprintf(buf + n, cap - n, ", %llu bytes unread",
                 (unsigned long long)b.bytes);
}

static uint64_t tcp_claim(const struct ck_ofd *rec)
{
    struct tcp_body b;

    if (tcp_body_of(NULL, rec, &b) ||
        (b.how != TCP_BOUND && b.how != TCP_LISTENS))
        return 0;
    return b.local_port;
}

/* Two that only bind have it by SO_REUSEADDR, if they are two. */
static int tcp_clash(const struct ck_ofd *x, const struct ck_ofd *y)
{
    struct ck_inet here, there;
    struct tcp_body a, b;

    if (tcp_body_of(NULL, x, &a) || tcp_body_of(NULL, y, &b))
        return 0;
    CK_INET_GET(&a, local, &here);
    CK_INET_GET(&b, local, &there);
    return ck_inet_overlap(&here, a.here6, &there, b.here6) &&
           !(a.reuseport && b.reuseport) &&
           !(a.how == TCP_BOUND && b.how == TCP_BOUND && a.key != b.key);
}

static int tcp_alike(const struct ck_ofd *rec, int fd)
{
    (void)rec;
    return ck_res_alike_socket(fd, AF_INET, SOCK_STREAM) ||
           ck_res_alike_socket(fd, AF_INET6, SOCK_STREAM);
}

const struct ck_res ck_res_tcp = {
    .name = "tcp",
    .match = ck_tcp_match,
    .save = ck_tcp_save,
    .check = tcp_check,
    .load = tcp_load,
    .link = tcp_link,
    .settle = tcp_settle,
    .alike = tcp_alike,
    .claim = tcp_claim,
    .clash = tcp_clash,
    .describe = tcp_describe,
};
