/*
 * inetlist.c - the kernel's list of TCP sockets (sock_diag, which needs no
 * privilege), and what it is good for at a restart: ports that are kept by
 * a TIME_WAIT.
 *
 * A run that was killed leaves TIME_WAITs behind, and these keep the port of
 * a program that did not set SO_REUSEADDR for a minute. Where both ends were
 * on this machine they can be ended at once: a SYN from the other end's
 * address is answered with an ACK, as nobody listens; that ACK is none the
 * new socket waits for; it resets, and the reset ends the TIME_WAIT (the
 * assassination of RFC 1337). Two ends that were closed at the same moment
 * are both kept, and neither address can be bound; a connect may take the
 * client's after a second (tcp_tw_reuse, which is on for loopback). Where it
 * may not, the minute has to pass. Where somebody listens no SYN is sent: it
 * would make a connection (to the program itself, at a checkpoint).
 *
 * The port of one who only connects may be shared: the kernel gives one port
 * to several, if they connect to different places. bind does not take such a
 * port; connect does when it has no other to choose (IP_LOCAL_PORT_RANGE,
 * Linux 6.3).
 */
#include "lib/res/inet.h"

#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#ifndef IP_LOCAL_PORT_RANGE
#define IP_LOCAL_PORT_RANGE 51
#endif

#define NAP_MS 20
#define HELD_MS 500    /* its process may be ending */
#define PATIENCE_MS 2500
#define KEPT_MS 65000  /* the kernel's TCP_TIMEWAIT_LEN, and a little */

static void address(const struct inet_diag_msg *m, int peer,
                    struct ck_inet *a)
{
    const void *ip = peer ? m->id.idiag_dst : m->id.idiag_src;
    struct sockaddr_storage s = {.ss_family = m->idiag_family};

    if (m->idiag_family == AF_INET)
        memcpy(&((struct sockaddr_in *)&s)->sin_addr, ip, 4);
    else
        memcpy(&((struct sockaddr_in6 *)&s)->sin6_addr, ip, 16);
    ck_inet_from(&s, a);
    a->port = ntohs(peer ? m->id.idiag_dport : m->id.idiag_sport);
}

static uint8_t shut_of(const struct nlmsghdr *h, const struct inet_diag_msg *m)
{
    const char *p = (const char *)(m + 1), *end = (const char *)h + h->nlmsg_len;

    while (end - p >= NLA_HDRLEN) {
        const struct nlattr *a = (const void *)p;

        if (a->nla_len < NLA_HDRLEN || a->nla_len > end - p)
            break;
        if (a->nla_type == INET_DIAG_SHUTDOWN && a->nla_len > NLA_HDRLEN)
            return *(const uint8_t *)(p + NLA_HDRLEN);
        p += NLA_ALIGN(a->nla_len);
    }
    return 0;
}

/* One buffer of answers. 1: that was the last. */
static int take_answers(char *buf, ssize_t n,
                        int (*found)(void *, const struct ck_inet_seen *),
                        void *arg)
{
    size_t left = n < 0 ? 0 : (size_t)n;

    if (n < 0)
        return -errno;
    for (struct nlmsghdr *h = (void *)buf; NLMSG_OK(h, left);
         h = NLMSG_NEXT(h, left)) {
        const struct inet_diag_msg *m = NLMSG_DATA(h);
        struct ck_inet_seen s;
        int rc;

        if (h->nlmsg_type == NLMSG_DONE)
            return 1;
        if (h->nlmsg_type == NLMSG_ERROR)
            return -EOPNOTSUPP;
        if (h->nlmsg_len < NLMSG_LENGTH(sizeof(*m)))
            return -EBADMSG;
        s = (struct ck_inet_seen){.state = m->idiag_state,
                                  .rqueue = m->idiag_rqueue,
                                  .wqueue = m->idiag_wqueue,
                                  .inode = m->idiag_inode};
        address(m, 0, &s.local);
        address(m, 1, &s.peer);
        s.shut = shut_of(h, m);
        rc = found(arg, &s);
        if (rc)
            return rc < 0 ? rc : 1;
    }
    return 0;
}

/* Errors: -errno; -EOPNOTSUPP also when there is no such socket. */
static int query(const struct inet_diag_req_v2 *r, int flags,
                 int (*found)(void *, const struct ck_inet_seen *), void *arg)
{
    struct {
        struct nlmsghdr h;
        struct inet_diag_req_v2 r;
    } req = {
        .h = {.nlmsg_len = sizeof(req),
              .nlmsg_type = SOCK_DIAG_BY_FAMILY,
              .nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags)},
        .r = *r,
    };
    static char buf[65536] __attribute__((aligned(8)));
    struct timeval limit = {.tv_sec = 2};
    int fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
    int rc = fd < 0 ? -errno : 0;

    if (rc)
        return rc;
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    if (send(fd, &req, sizeof(req), 0) < 0)
        rc = -errno;
    do
        rc = rc ?: take_answers(buf, recv(fd, buf, sizeof(buf), 0), found, arg);
    while (!rc && (flags & NLM_F_DUMP));
    close(fd);
    return rc < 0 ? rc : 0;
}

static int list_family(uint8_t family, unsigned states,
                       int (*found)(void *, const struct ck_inet_seen *),
                       void *arg)
{
    const struct inet_diag_req_v2 r = {.sdiag_family = family,
                                       .sdiag_protocol = IPPROTO_TCP,
                                       .idiag_states = states};

    return query(&r, NLM_F_DUMP, found, arg);
}

int ck_inet_list(unsigned states,
                 int (*found)(void *arg, const struct ck_inet_seen *s),
                 void *arg)
{
    return list_family(AF_INET, states, found, arg)
               ?: list_family(AF_INET6, states, found, arg);
}

static int note_shut(void *arg, const struct ck_inet_seen *s)
{
    struct ck_inet_seen *want = arg;

    if (s->inode != want->inode)
        return 0;
    want->shut = s->shut;
    want->state = s->state;
    return 1;
}

int ck_inet_udp_shut(int domain, uint16_t port, uint64_t inode)
{
    const struct inet_diag_req_v2 r = {.sdiag_family = (uint8_t)domain,
                                       .sdiag_protocol = IPPROTO_UDP,
                                       .idiag_states = ~0u,
                                       .id.idiag_sport = htons(port)};
    struct ck_inet_seen s = {.inode = (uint32_t)inode};
    int rc = port ? query(&r, NLM_F_DUMP, note_shut, &s) : -ENOENT;

    return rc ? rc : s.state ? s.shut : -ENOENT;
}

static int connect_to(int fd, int domain, const struct ck_inet *to)
{
    int rc = ck_inet_connect(fd, domain, to);

    return rc == -EINPROGRESS ? 0 : rc;
}

/* Its place among the ports that the kernel gives, from 0, or -1. */
static int place_of(unsigned port)
{
    FILE *f = fopen("/proc/sys/net/ipv4/ip_local_port_range", "re");
    unsigned low = 1, high = 0;
    int given = f && fscanf(f, "%u %u", &low, &high) == 2 && low <= port &&
                port <= high;

    if (f)
        fclose(f);
    return given ? (int)(port - low) : -1;
}

/* The even places are given to connect, as long as there are any (since
 * Linux 4.2). */
int ck_inet_by_connect(unsigned port)
{
    int place = place_of(port);

    return place >= 0 && place % 2 == 0;
}

/* Of a port that the kernel does not give a range of one has no effect. */
static int connect_shared(int fd, int domain, const struct ck_inet *from,
                          const struct ck_inet *to)
{
    uint32_t range = from->port | (uint32_t)from->port << 16, none = 0;
    struct ck_inet ip = *from;
    int rc, on = 1, off = 0;

    if (place_of(from->port) < 0 ||
        setsockopt(fd, IPPROTO_IP, IP_LOCAL_PORT_RANGE, &range,
                   sizeof(range)) < 0)
        return -EADDRINUSE;
    ip.port = 0;
    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on));
    rc = ck_inet_bind(fd, domain, &ip) ?: connect_to(fd, domain, to);
    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &off, sizeof(off));
    setsockopt(fd, IPPROTO_IP, IP_LOCAL_PORT_RANGE, &none, sizeof(none));
    return rc;
}

/* A SYN from the other end's address. When the kernel keeps that one, too, it
 * can't be bound; but it can be shared, a second after the connection's end. */
static void reset(const struct ck_inet_seen *s)
{
    int domain = ck_inet_v4(&s->local) ? AF_INET : AF_INET6, one = 1;
    int fd = ck_inet_socket(domain, SOCK_STREAM, 0);

    if (fd < 0)
        return;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
    if (ck_inet_bind(fd, domain, &s->peer) == 0)
        ck_inet_connect(fd, domain, &s->local);
    else
        connect_shared(fd, domain, &s->peer, &s->local);
    close(fd);
}

/* Who keeps a port. */
struct keepers {
    unsigned port;
    int kept; /* by the kernel alone */
    int held; /* by some process */
    int listens;
    int reset; /* TIME_WAITs are to be given their end */
};

static int look(void *arg, const struct ck_inet_seen *s)
{
    struct keepers *k = arg;

    if (s->local.port != k->port)
        return 0;
    if (s->inode)
        k->held = 1;
    else
        k->kept = 1;
    if (s->state == TCP_LISTEN)
        k->listens = 1;
    if (s->state == TCP_TIME_WAIT && k->reset)
        reset(s);
    return 0;
}

/* TIME_WAITs of a port that nobody listens at are given their end. */
static void look_and_end(struct keepers *k)
{
    ck_inet_list(~0u, look, k);
    k->reset = !k->listens;
    if (k->reset && k->kept)
        ck_inet_list(1u << TCP_TIME_WAIT, look, k);
}

int ck_inet_bind_again(int fd, int domain, const struct ck_inet *a)
{
    int rc = ck_inet_bind(fd, domain, a), limit = KEPT_MS;

    for (int ms = 0; rc == -EADDRINUSE && ms < limit; ms += NAP_MS) {
        const struct timespec nap = {.tv_nsec = NAP_MS * 1000000L};
        struct keepers k = {.port = a->port};

        look_and_end(&k);
        rc = ck_inet_bind(fd, domain, a);
        if (rc == -EADDRINUSE)
            nanosleep(&nap, NULL);
        limit = k.held || !k.kept ? HELD_MS : KEPT_MS;
    }
    return rc;
}

static void put_address(const struct ck_inet *a, __be32 *ip, __be16 *port)
{
    if (ck_inet_v4(a))
        memcpy(ip, a->ip + 12, 4);
    else
        memcpy(ip, a->ip, 16);
    *port = htons(a->port);
}

/* Is there a TIME_WAIT of this end? It is given its end. */
static int end_of(const struct ck_inet *local, const struct ck_inet *peer)
{
    struct inet_diag_req_v2 r = {
        .sdiag_family = ck_inet_v4(local) ? AF_INET : AF_INET6,
        .sdiag_protocol = IPPROTO_TCP,
        .idiag_states = ~0u,
        .id.idiag_cookie = {INET_DIAG_NOCOOKIE, INET_DIAG_NOCOOKIE},
    };
    struct keepers k = {.port = local->port};

    ck_inet_list(1u << TCP_LISTEN, look, &k);
    k = (struct keepers){.port = local->port, .reset = !k.listens};
    put_address(local, r.id.idiag_src, &r.id.idiag_sport);
    put_address(peer, r.id.idiag_dst, &r.id.idiag_dport);
    query(&r, 0, look, &k);
    return k.kept;
}

void ck_inet_end_kept(const struct ck_inet *a, const struct ck_inet *b)
{
    static int patience = PATIENCE_MS; /* they all ended together */
    const struct timespec nap = {.tv_nsec = NAP_MS * 1000000L};

    for (int i = 0; end_of(a, b) + end_of(b, a) && patience > 0; i++) {
        if (i) {
            nanosleep(&nap, NULL);
            patience -= NAP_MS;
        }
    }
}

int ck_inet_bind_now(int fd, int domain, const struct ck_inet *a)
{
    struct keepers k = {.port = a->port};
    int rc = ck_inet_bind(fd, domain, a);

    if (rc != -EADDRINUSE)
        return rc;
    look_and_end(&k);
    return ck_inet_bind(fd, domain, a);
}

/*
 * Shared, as the kernel gave it: of two connections that have one port, the
 * first would keep the other out if it were bound. Else bound, as it has to
 * be where the kernel can't share or a TIME_WAIT is in the way.
 */
int ck_inet_connect_from(int fd, int domain, const struct ck_inet *from,
                         const struct ck_inet *to)
{
    int rc = connect_shared(fd, domain, from, to);

    if (rc != -EADDRNOTAVAIL && rc != -EADDRINUSE)
        return rc;
    return ck_inet_bind_now(fd, domain, from) ?: connect_to(fd, domain, to);
}
