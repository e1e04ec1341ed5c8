/*
 * inet.c - addresses of IPv4 and IPv6 sockets, and the options that both
 * TCP and UDP sockets have.
 */
#include "lib/res/inet.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#ifndef SO_NETNS_COOKIE
#define SO_NETNS_COOKIE 71
#endif
#ifndef IP_LOCAL_PORT_RANGE
#define IP_LOCAL_PORT_RANGE 51
#endif
#ifndef IPV6_MULTICAST_ALL
#define IPV6_MULTICAST_ALL 29
#endif
#ifndef IP_RECVERR_RFC4884
#define IP_RECVERR_RFC4884 26
#endif
#ifndef IPV6_ROUTER_ALERT_ISOLATE
#define IPV6_ROUTER_ALERT_ISOLATE 30
#endif
#ifndef IPV6_RECVERR_RFC4884
#define IPV6_RECVERR_RFC4884 31
#endif
#define CK_IPV6_FLOWINFO 11 /* glibc has no names for these */
#define CK_IPV6_FLOWINFO_SEND 33

#define INTS4(I)                                                           \
    I(IP_TOS) I(IP_TTL) I(IP_RECVTOS) I(IP_RECVTTL) I(IP_RECVERR)          \
    I(IP_PKTINFO) I(IP_MTU_DISCOVER) I(IP_RECVOPTS) I(IP_RETOPTS)          \
    I(IP_FREEBIND) I(IP_BIND_ADDRESS_NO_PORT) I(IP_MINTTL)                 \
    I(IP_RECVORIGDSTADDR) I(IP_RECVFRAGSIZE) I(IP_CHECKSUM)                \
    I(IP_TRANSPARENT) I(IP_UNICAST_IF) I(IP_LOCAL_PORT_RANGE)              \
    I(IP_PASSSEC) I(IP_RECVERR_RFC4884) I(IP_MULTICAST_LOOP)               \
    I(IP_MULTICAST_ALL)
#define INTS6(I)                                                           \
    I(IPV6_UNICAST_HOPS) I(IPV6_MTU_DISCOVER) \
    I(IPV6_RECVPKTINFO) I(IPV6_RECVHOPLIMIT) I(IPV6_RECVTCLASS)            \
    I(IPV6_TCLASS) I(IPV6_RECVERR) I(IPV6_DONTFRAG) I(IPV6_RECVRTHDR)      \
    I(IPV6_RECVHOPOPTS) I(IPV6_RECVDSTOPTS) I(IPV6_FREEBIND)               \
    I(IPV6_AUTOFLOWLABEL) I(IPV6_ADDR_PREFERENCES) I(IPV6_MINHOPCOUNT)     \
    I(IPV6_RECVORIGDSTADDR) I(IPV6_UNICAST_IF) I(IPV6_RECVFRAGSIZE)        \
    I(IPV6_RECVERR_RFC4884) I(IPV6_RECVPATHMTU) I(IPV6_2292PKTINFO)        \
    I(IPV6_2292HOPLIMIT) I(IPV6_2292RTHDR) I(IPV6_2292HOPOPTS)             \
    I(IPV6_2292DSTOPTS) I(CK_IPV6_FLOWINFO) I(CK_IPV6_FLOWINFO_SEND)       \
    I(IPV6_MULTICAST_LOOP) I(IPV6_MULTICAST_ALL)                           \
    I(IPV6_ROUTER_ALERT_ISOLATE)
#define HEADER_MAX 128 /* bytes of a header that each packet gets */
#define HEADERS6(I) \
    I(IPV6_HOPOPTS) I(IPV6_DSTOPTS) I(IPV6_RTHDR) I(IPV6_RTHDRDSTOPTS)
#define ENTRY4(o) {IPPROTO_IP, o, sizeof(int)},
#define ENTRY6(o) {IPPROTO_IPV6, o, sizeof(int)},

#define HEADER6(o) {IPPROTO_IPV6, o, HEADER_MAX},

static const struct ck_res_sockopt all4[] = {
    INTS4(ENTRY4)
    {IPPROTO_IP, IP_OPTIONS, 40},
};
static const struct ck_res_sockopt all6[] = {INTS6(ENTRY6) HEADERS6(HEADER6)};
/* A stream has them, too, but they can't be set there. */
static const struct ck_res_sockopt dgram4[] = {
    {IPPROTO_IP, IP_MULTICAST_TTL, sizeof(int)},
    {IPPROTO_IP, IP_MULTICAST_IF, sizeof(struct in_addr)},
};
static const struct ck_res_sockopt dgram6[] = {
    {IPPROTO_IPV6, IPV6_MULTICAST_HOPS, sizeof(int)},
    {IPPROTO_IPV6, IPV6_MULTICAST_IF, sizeof(int)},
};

struct table {
    struct ck_res_sockopt v[96];
    size_t n;
};

static void add(struct table *t, const struct ck_res_sockopt *v, size_t size)
{
    if (t->n * sizeof(*v) + size > sizeof(t->v))
        return;
    memcpy(&t->v[t->n], v, size);
    t->n += size / sizeof(*v);
}

int ck_inet_options_save(struct ck_res_save *c, const struct ck_res_ofd *o,
                         int fd, const struct ck_res_sockopt *own, size_t n,
                         struct ck_wr *w)
{
    struct table t = {.n = 0};

    add(&t, own, n * sizeof(*own));
    add(&t, all4, sizeof(all4));
    if (o->domain == AF_INET6)
        add(&t, all6, sizeof(all6));
    if (o->type == SOCK_DGRAM)
        add(&t, dgram4, sizeof(dgram4));
    if (o->type == SOCK_DGRAM && o->domain == AF_INET6)
        add(&t, dgram6, sizeof(dgram6));
    return ck_res_sockopts_save(c, o, fd, t.v, t.n, w);
}

static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
static const uint8_t zero[16];

int ck_inet_v4(const struct ck_inet *a)
{
    return !memcmp(a->ip, mapped, sizeof(mapped));
}

void ck_inet_from(const struct sockaddr_storage *from, struct ck_inet *a)
{
    memset(a, 0, sizeof(*a));
    if (from->ss_family == AF_INET) {
        const struct sockaddr_in *s = (const void *)from;

        memcpy(a->ip, mapped, 12);
        memcpy(a->ip + 12, &s->sin_addr, 4);
        a->port = ntohs(s->sin_port);
    } else if (from->ss_family == AF_INET6) {
        const struct sockaddr_in6 *s = (const void *)from;

        memcpy(a->ip, &s->sin6_addr, 16);
        a->port = ntohs(s->sin6_port);
        a->scope = s->sin6_scope_id;
    }
}

socklen_t ck_inet_to(const struct ck_inet *a, int domain,
                     struct sockaddr_storage *to)
{
    struct sockaddr_in *v4 = (void *)to;
    struct sockaddr_in6 *v6 = (void *)to;

    memset(to, 0, sizeof(*to));
    if (domain == AF_INET) {
        v4->sin_family = AF_INET;
        memcpy(&v4->sin_addr, a->ip + 12, 4);
        v4->sin_port = htons(a->port);
        return sizeof(*v4);
    }
    v6->sin6_family = AF_INET6;
    memcpy(&v6->sin6_addr, a->ip, 16);
    v6->sin6_port = htons(a->port);
    v6->sin6_scope_id = a->scope;
    return sizeof(*v6);
}

int ck_inet_name(int fd, int peer, struct ck_inet *a)
{
    struct sockaddr_storage s = {0};
    socklen_t len = sizeof(s);

    memset(a, 0, sizeof(*a));
    if ((peer ? getpeername(fd, (void *)&s, &len)
              : getsockname(fd, (void *)&s, &len)) < 0)
        return -errno;
    ck_inet_from(&s, a);
    return 0;
}

int ck_inet_same(const struct ck_inet *a, const struct ck_inet *b)
{
    return !memcmp(a->ip, b->ip, 16) && a->port == b->port;
}

int ck_inet_any(const struct ck_inet *a)
{
    return !memcmp(a->ip, zero, 16) ||
           (ck_inet_v4(a) && !memcmp(a->ip + 12, zero, 4));
}

int ck_inet_covers(const struct ck_inet *a, const struct ck_inet *to)
{
    if (a->port != to->port)
        return 0;
    if (ck_inet_any(a))
        return !ck_inet_v4(a) || ck_inet_v4(to);
    return !memcmp(a->ip, to->ip, 16);
}

int ck_inet_overlap(const struct ck_inet *a, int a_six,
                    const struct ck_inet *b, int b_six)
{
    if ((a_six == 2 && !b_six) || (b_six == 2 && !a_six))
        return 0;
    return ck_inet_covers(a, b) || ck_inet_covers(b, a);
}

static int can_bind(const struct ck_inet *a)
{
    struct ck_inet any_port = *a;
    int domain = ck_inet_v4(a) ? AF_INET : AF_INET6, rc;
    int fd = socket(domain, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return 0;
    any_port.port = 0;
    rc = ck_inet_bind(fd, domain, &any_port);
    close(fd);
    return !rc;
}

void ck_inet_loopback(struct ck_inet *a, int domain)
{
    static const uint8_t v6[16] = {[15] = 1}, v4[4] = {127, 0, 0, 1};

    memcpy(a->ip, domain == AF_INET ? mapped : v6, 12);
    memcpy(a->ip + 12, domain == AF_INET ? v4 : v6 + 12, 4);
    a->scope = 0;
}

void ck_inet_home(struct ck_inet *a)
{
    if (!ck_inet_any(a) && !can_bind(a))
        ck_inet_loopback(a, ck_inet_v4(a) ? AF_INET : AF_INET6);
}

const char *ck_inet_text(const struct ck_inet *a)
{
    static char bufs[8][INET6_ADDRSTRLEN + 10];
    static unsigned turn;
    char *buf = bufs[turn++ % 8], ip[INET6_ADDRSTRLEN] = "?";

    if (ck_inet_v4(a))
        inet_ntop(AF_INET, a->ip + 12, ip, sizeof(ip));
    else
        inet_ntop(AF_INET6, a->ip, ip, sizeof(ip));
    snprintf(buf, sizeof(bufs[0]), ck_inet_v4(a) ? "%s:%u" : "[%s]:%u", ip,
             a->port);
    return buf;
}

/* A kernel that does not tell has no namespace cookies to differ by. */
int ck_inet_here(int fd)
{
    uint64_t theirs = 0, ours = 0;
    socklen_t n = sizeof(theirs), m = sizeof(ours);
    int own = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    if (own < 0)
        return 1;
    getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE, &theirs, &n);
    getsockopt(own, SOL_SOCKET, SO_NETNS_COOKIE, &ours, &m);
    close(own);
    return theirs == ours;
}

int ck_inet_socket(int domain, int type, int v6only)
{
    int fd = socket(domain, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (fd < 0)
        return -errno;
    if (domain == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &v6only, sizeof(v6only));
    return fd;
}

int ck_inet_bind(int fd, int domain, const struct ck_inet *a)
{
    struct sockaddr_storage s;
    socklen_t len = ck_inet_to(a, domain, &s);

    return bind(fd, (void *)&s, len) < 0 ? -errno : 0;
}

int ck_inet_connect(int fd, int domain, const struct ck_inet *a)
{
    struct sockaddr_storage s;
    socklen_t len = ck_inet_to(a, domain, &s);

    return connect(fd, (void *)&s, len) < 0 ? -errno : 0;
}
