/*
 * netlink.c - a socket that asks the kernel about networks (NETLINK_ROUTE):
 * its port, the groups it listens to, its options.
 *
 * The answers are the kernel's of the moment, so one with unread answers is
 * refused: they come and go. The port is a number like any other; where
 * another socket has it the kernel gives a new one, as it did the first time.
 */
#include "lib/res/inet.h"

#include <fcntl.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define GROUPS_MAX 32 /* words of 32 groups; there are some 40 groups */
#define KEEP_FLAGS (O_NONBLOCK | O_ASYNC)

/* type: SOCK_RAW or SOCK_DGRAM. bound: it has a port. groups: u32 words, bit
 * n of word m is group 32 m + n + 1. peer: who it is connected to. */
#define BODY_FIELDS(F)                                                  \
    F(U32, type) F(U8, bound) F(U32, port) F(BLOB, groups) F(U32, peer) \
    F(U32, peer_groups) F(BLOB, options)
CK_RECORD(netlink_body, BODY_FIELDS)
CK_RES_BODY(netlink_body, "a netlink socket")

#define OPTION(o) {SOL_NETLINK, o, sizeof(int)},
static const struct ck_res_sockopt own[] = {
    OPTION(NETLINK_PKTINFO) OPTION(NETLINK_BROADCAST_ERROR)
    OPTION(NETLINK_NO_ENOBUFS) OPTION(NETLINK_CAP_ACK)
    OPTION(NETLINK_EXT_ACK) OPTION(NETLINK_GET_STRICT_CHK)
};

static int netlink_match(const struct ck_res_ofd *o)
{
    return S_ISSOCK(o->st.st_mode) && o->domain == AF_NETLINK &&
           o->protocol == NETLINK_ROUTE;
}

static int save_taken(struct ck_res_save *c, const struct ck_res_ofd *o,
                      int fd, struct ck_wr *w)
{
    struct sockaddr_nl name = {0}, peer = {0};
    socklen_t n = sizeof(name), m = sizeof(peer);
    uint32_t groups[GROUPS_MAX] = {0};
    struct netlink_body b = {.type = (uint32_t)o->type};
    socklen_t len = sizeof(groups);
    uint8_t options[1024];
    struct ck_wr list;
    char byte;
    int rc;

    if (!ck_inet_here(fd))
        return ck_res_why(c->why, c->whycap, -ENOTSUP,
                          "a netlink socket of another network namespace; use "
                          "one namespace for all of the computation");
    if (recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) >= 0 || errno != EAGAIN)
        return ck_res_why(c->why, c->whycap, -EAGAIN,
                          "a netlink socket with answers that were not read; "
                          "let them be read before the checkpoint");
    getsockname(fd, (void *)&name, &n);
    getpeername(fd, (void *)&peer, &m);
    if (getsockopt(fd, SOL_NETLINK, NETLINK_LIST_MEMBERSHIPS, groups, &len))
        groups[0] = name.nl_groups;
    b.bound = name.nl_pid != 0;
    b.port = name.nl_pid;
    b.peer = peer.nl_pid;
    b.peer_groups = peer.nl_groups;
    b.groups = (struct ck_blob){groups, sizeof(groups)};
    ck_wr_init(&list, options, sizeof(options));
    rc = ck_res_sockopts_save(c, o, fd, own, sizeof(own) / sizeof(own[0]),
                              &list);
    b.options = (struct ck_blob){options, (uint32_t)list.len};
    if (!rc && list.bad)
        rc = -ENAMETOOLONG;
    if (!rc)
        netlink_body_put(w, &b);
    return rc;
}

static int netlink_save(struct ck_res_save *c, const struct ck_res_ofd *o,
                        struct ck_wr *w)
{
    int fd = ck_res_take(o), rc;

    if (fd < 0)
        return fd;
    rc = save_taken(c, o, fd, w);
    close(fd);
    return rc;
}

static int join_groups(int fd, struct ck_blob groups)
{
    for (uint32_t i = 0; i < groups.n / 4 * 32; i++) {
        int group = (int)i + 1;
        uint32_t word;

        memcpy(&word, (const uint8_t *)groups.p + i / 32 * 4, 4);
        if ((word & (1u << i % 32)) &&
            setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group,
                       sizeof(group)) < 0)
            return -errno;
    }
    return 0;
}

static int bind_again(int fd, uint32_t port)
{
    struct sockaddr_nl a = {.nl_family = AF_NETLINK, .nl_pid = port};

    if (bind(fd, (void *)&a, sizeof(a)) == 0)
        return 0;
    a.nl_pid = 0;
    return bind(fd, (void *)&a, sizeof(a)) < 0 ? -errno : 0;
}

static int set_up(struct ck_res_load *c, const struct ck_ofd *rec,
                  const struct netlink_body *b, int fd)
{
    struct sockaddr_nl to = {.nl_family = AF_NETLINK,
                             .nl_pid = b->peer,
                             .nl_groups = b->peer_groups};
    int rc = b->bound ? bind_again(fd, b->port) : 0;

    rc = rc ?: join_groups(fd, b->groups);
    if (!rc && (b->peer || b->peer_groups) &&
        connect(fd, (void *)&to, sizeof(to)) < 0)
        rc = -errno;
    rc = rc ?: ck_res_sockopts_set(c, fd, b->options);
    if (!rc && fcntl(fd, F_SETFL, rec->flags & KEEP_FLAGS) < 0)
        rc = -errno;
    return rc;
}

static int netlink_load(struct ck_res_load *c, const struct ck_ofd *rec)
{
    struct netlink_body b;
    int rc = netlink_body_of(c, rec, &b), fd;

    if (rc)
        return rc;
    fd = socket(AF_NETLINK, (int)b.type | SOCK_CLOEXEC, NETLINK_ROUTE);
    rc = fd < 0 ? -errno : set_up(c, rec, &b, fd);
    if (!rc)
        return fd;
    if (fd >= 0)
        close(fd);
    return c->why[0] ? rc
                     : ck_res_why(c->why, c->whycap, rc,
                                  "can't make a netlink socket: %s",
                                  strerror(-rc));
}

/* It changes nothing, so that all of it can be tried. */
static int netlink_check(struct ck_res_load *c, const struct ck_ofd *rec)
{
    int fd = netlink_load(c, rec);

    if (fd < 0)
        return fd;
    close(fd);
    return 0;
}

static void netlink_describe(const struct ck_ofd *rec, char *buf, size_t cap)
{
    struct netlink_body b;

    if (netlink_body_of(NULL, rec, &b))
        snprintf(buf, cap, "?");
    else
        snprintf(buf, cap, "netlink socket (route), port %u", b.port);
}

const struct ck_res ck_res_netlink = {
    .name = "netlink",
    .match = netlink_match,
    .save = netlink_save,
    .check = netlink_check,
    .load = netlink_load,
    .describe = netlink_describe,
};
