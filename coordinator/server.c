/*
 * server.c - the listening socket, and where others read its address.
 *
 * The kernel chooses the port. D/coordinator lists numeric addresses, since
 * who reads it may have no name service: the one asked for, or 127.0.0.1, or
 * in Slurm every address of this node that is not local to it. Who may
 * connect is decided by the key, not by the address.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "coordinator/coord.h"
#include "lib/base/jobdir.h"
#include "lib/base/log.h"

#define BACKLOG 4096
#define ACCEPTS 64 /* per round of the loop */

union address {
    struct sockaddr sa;
    struct sockaddr_in in;
    struct sockaddr_in6 in6;
};

static void set_options(int fd)
{
    int one = 1, idle = 60, interval = 15, count = 4;

    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof one);
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof idle);
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval, sizeof interval);
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &count, sizeof count);
}

/* Else the loop would spin until one more can be taken. */
static void pause_accepting(struct ck_coord *c, int ms)
{
    ck_loop_remove(&c->loop, &c->listener);
    ck_loop_arm(&c->loop, &c->accept_again, ck_now() + ms);
}

static void on_accept(void *arg, uint32_t events)
{
    struct ck_coord *c = arg;

    (void)events;
    for (int i = 0; i < ACCEPTS; i++) {
        int wait = ck_links_full(&c->links), fd;

        if (wait) {
            pause_accepting(c, wait);
            return;
        }
        fd = accept4(c->listener.fd, NULL, NULL,
                         SOCK_CLOEXEC | SOCK_NONBLOCK);

        if (fd >= 0) {
            set_options(fd);
            ck_link_add(&c->links, fd);
            continue;
        }
        if (errno == EMFILE || errno == ENFILE || errno == ENOMEM) {
            ck_log("cannot accept a connection: %s", strerror(errno));
            pause_accepting(c, 200);
        }
        if (errno != EINTR && errno != ECONNABORTED)
            return;
    }
}

static void accept_again(void *arg)
{
    struct ck_coord *c = arg;

    ck_loop_add(&c->loop, &c->listener, EPOLLIN);
}

static int bind_to(const union address *a, socklen_t len)
{
    int fd = socket(a->sa.sa_family,
                    SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int zero = 0, r;

    if (fd < 0)
        return -errno;
    if (a->sa.sa_family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &zero, sizeof zero);
    if (bind(fd, &a->sa, len) < 0 || listen(fd, BACKLOG) < 0) {
        r = -errno;
        close(fd);
        return r;
    }
    return fd;
}

static int listen_at(const char *text, struct ck_err *e)
{
    union address a;
    int fd;

    memset(&a, 0, sizeof a);
    if (inet_pton(AF_INET, text, &a.in.sin_addr) == 1) {
        a.sa.sa_family = AF_INET;
        fd = bind_to(&a, sizeof a.in);
    } else if (inet_pton(AF_INET6, text, &a.in6.sin6_addr) == 1) {
        a.sa.sa_family = AF_INET6;
        fd = bind_to(&a, sizeof a.in6);
    } else {
        return ck_err(e, -EINVAL, "--listen: \"%s\" is not a numeric address",
                      text);
    }
    return fd < 0 ? ck_err_sys(e, fd, "cannot listen at %s", text) : fd;
}

/* Once each; what does not fit is left out. */
static void add_address(struct ck_coord *c, const struct sockaddr *sa)
{
    const union address *a = (const void *)sa;
    char text[INET6_ADDRSTRLEN];
    size_t len = strlen(c->addresses), n;
    const void *p;
    char *at;

    if (sa->sa_family == AF_INET &&
        ntohl(a->in.sin_addr.s_addr) >> 24 != 127)
        p = &a->in.sin_addr;
    else if (sa->sa_family == AF_INET6 &&
             !IN6_IS_ADDR_LOOPBACK(&a->in6.sin6_addr) &&
             !IN6_IS_ADDR_LINKLOCAL(&a->in6.sin6_addr))
        p = &a->in6.sin6_addr;
    else
        return;
    /* A v4 address inside v6 would not be parsed by our strict reader. */
    if (!inet_ntop(sa->sa_family, p, text, sizeof text) ||
        (sa->sa_family == AF_INET6 && strchr(text, '.')))
        return;
    n = strlen(text);
    at = strstr(c->addresses, text);
    if (at && (at == c->addresses || at[-1] == ',') &&
        (at[n] == ',' || !at[n]))
        return;
    if (len + n + 2 <= sizeof c->addresses)
        snprintf(c->addresses + len, sizeof c->addresses - len, "%s%s",
                 len ? "," : "", text);
}

/* What the node's name stands for comes first: that is the network which
 * the site means for traffic between nodes. */
static void own_addresses(struct ck_coord *c)
{
    struct addrinfo hint = {.ai_socktype = SOCK_STREAM}, *res = NULL;
    struct ifaddrs *all = NULL;

    if (getaddrinfo(c->node, NULL, &hint, &res) == 0)
        for (struct addrinfo *a = res; a; a = a->ai_next)
            add_address(c, a->ai_addr);
    if (res)
        freeaddrinfo(res);
    if (getifaddrs(&all) == 0)
        for (struct ifaddrs *a = all; a; a = a->ifa_next)
            if (a->ifa_addr && (a->ifa_flags & IFF_UP))
                add_address(c, a->ifa_addr);
    if (all)
        freeifaddrs(all);
    /* A machine without a network still has jobs on itself. */
    if (!c->addresses[0])
        snprintf(c->addresses, sizeof c->addresses, "127.0.0.1");
}

static int listen_everywhere(struct ck_coord *c, struct ck_err *e)
{
    union address a;
    int fd;

    own_addresses(c);
    memset(&a, 0, sizeof a);
    a.in6.sin6_family = AF_INET6;
    fd = bind_to(&a, sizeof a.in6);
    if (fd < 0) {
        memset(&a, 0, sizeof a);
        a.in.sin_family = AF_INET;
        fd = bind_to(&a, sizeof a.in);
    }
    return fd < 0 ? ck_err_sys(e, fd, "cannot listen") : fd;
}

static int publish(struct ck_coord *c, struct ck_err *e)
{
    struct ck_coord_addr pub = {.port = c->port, .pid = getpid()};

    snprintf(pub.host, sizeof pub.host, "%s", c->addresses);
    snprintf(pub.node, sizeof pub.node, "%s", c->node);
    return ck_jobdir_addr_write(c->opt.dir, &pub, e);
}

int ck_server_open(struct ck_coord *c, struct ck_err *e)
{
    const char *where = c->opt.listen[0] ? c->opt.listen : "127.0.0.1";
    union address a;
    socklen_t len = sizeof a;
    int fd, r;

    if (c->opt.slurm && !c->opt.listen[0]) {
        fd = listen_everywhere(c, e);
    } else {
        snprintf(c->addresses, sizeof c->addresses, "%s", where);
        fd = listen_at(where, e);
    }
    if (fd < 0)
        return fd;
    memset(&a, 0, sizeof a);
    if (getsockname(fd, &a.sa, &len) < 0) {
        close(fd);
        return ck_err_sys(e, -errno, "getsockname");
    }
    c->port = ntohs(a.sa.sa_family == AF_INET ? a.in.sin_port :
                                                a.in6.sin6_port);
    c->accept_again = (struct ck_timer){.fn = accept_again, .arg = c};
    c->listener = (struct ck_watch){.fd = fd, .fn = on_accept, .arg = c};
    r = ck_loop_add(&c->loop, &c->listener, EPOLLIN);
    if (r < 0)
        return ck_err_sys(e, r, "epoll");
    return publish(c, e);
}

void ck_server_close(struct ck_coord *c)
{
    if (c->listener.fd < 0)
        return;
    close(c->listener.fd);
    c->listener.fd = -1;
    ck_jobdir_addr_remove(c->opt.dir);
}
