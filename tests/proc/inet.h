/*
 * inet.h - loopback connections for the claims about TCP and UDP.
 */
#ifndef CKPT_TESTS_INET_H
#define CKPT_TESTS_INET_H

#include "claim.h"

#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

typedef struct sockaddr_storage inet_name;

static inline socklen_t inet_loopback(int domain, int port, inet_name *a)
{
    struct sockaddr_in *v4 = (void *)a;
    struct sockaddr_in6 *v6 = (void *)a;

    memset(a, 0, sizeof(*a));
    a->ss_family = (sa_family_t)domain;
    if (domain == AF_INET) {
        v4->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        v4->sin_port = htons((uint16_t)port);
        return sizeof(*v4);
    }
    v6->sin6_addr = in6addr_loopback;
    v6->sin6_port = htons((uint16_t)port);
    return sizeof(*v6);
}

static inline int inet_bound(int domain, int type)
{
    inet_name a;
    socklen_t n = inet_loopback(domain, 0, &a);
    int s = socket(domain, type, 0);

    if (s < 0 || bind(s, (void *)&a, n) < 0)
        claim_skip("no such loopback address here");
    return s;
}

static inline int inet_listen(int domain, int backlog)
{
    int s = inet_bound(domain, SOCK_STREAM);

    CHECK(listen(s, backlog) == 0);
    return s;
}

static inline inet_name inet_self(int s)
{
    inet_name a = {0};
    socklen_t n = sizeof(a);

    CHECK(getsockname(s, (void *)&a, &n) == 0);
    return a;
}

static inline inet_name inet_peer(int s)
{
    inet_name a = {0};
    socklen_t n = sizeof(a);

    CHECK(getpeername(s, (void *)&a, &n) == 0);
    return a;
}

static inline int inet_same(inet_name a, inet_name b)
{
    return !memcmp(&a, &b, sizeof(a));
}

static inline int inet_connect(int listener)
{
    inet_name a = inet_self(listener);
    int s = socket(a.ss_family, SOCK_STREAM, 0);

    CHECK(connect(s, (void *)&a, sizeof(a)) == 0);
    return s;
}

/* s[0] has connected, s[1] was accepted. */
static inline void inet_pair(int domain, int s[2])
{
    int l = inet_listen(domain, 5);

    s[0] = inet_connect(l);
    s[1] = accept(l, NULL, NULL);
    CHECK(s[1] >= 0);
    close(l);
}

static inline int inet_option(int s, int level, int name)
{
    int v = -1;
    socklen_t n = sizeof(v);

    CHECK(getsockopt(s, level, name, &v, &n) == 0);
    return v;
}

static inline void inet_set(int s, int level, int name, int v)
{
    CHECK(setsockopt(s, level, name, &v, sizeof(v)) == 0);
}

static inline int inet_state(int s)
{
    struct tcp_info i = {0};
    socklen_t n = sizeof(i);

    CHECK(getsockopt(s, IPPROTO_TCP, TCP_INFO, &i, &n) == 0);
    return i.tcpi_state;
}

static inline void inet_send(int s, size_t n, unsigned seed)
{
    char *p = malloc(n);

    claim_fill(p, n, seed);
    for (size_t at = 0; at < n;) {
        ssize_t k = send(s, p + at, n - at, MSG_NOSIGNAL);

        CHECK(k > 0);
        at += (size_t)k;
    }
    free(p);
}

static inline void inet_expect(int s, size_t n, unsigned seed)
{
    char *p = malloc(n);

    for (size_t at = 0; at < n;) {
        ssize_t k = recv(s, p + at, n - at, 0);

        CHECK(k > 0);
        at += (size_t)k;
    }
    CHECK(claim_same(p, n, seed));
    free(p);
}

#endif
