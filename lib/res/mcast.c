/*
 * mcast.c - the multicast groups that a socket has joined.
 *
 * The kernel does not list them by socket. It lists the groups of each
 * interface, and tells of one whether the socket is in it (MCAST_MSFILTER).
 */
#include "lib/res/inet.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ITEM_FIELDS(F) F(U32, interface) F(N16, group)
CK_RECORD(item, ITEM_FIELDS)
#define ITEM_SIZE 20

struct walk {
    struct ck_res_save *c;
    int fd;
    struct ck_wr *w;
};

static int level_of(const struct sockaddr_storage *group)
{
    return group->ss_family == AF_INET ? IPPROTO_IP : IPPROTO_IPV6;
}

static int ask(const struct walk *k, unsigned interface,
               const struct sockaddr_storage *group)
{
    struct group_filter f = {.gf_interface = interface, .gf_group = *group};
    socklen_t len = sizeof(f);
    struct item i = {.interface = interface};
    struct ck_inet a;

    f.gf_numsrc = 0;
    if (getsockopt(k->fd, level_of(group), MCAST_MSFILTER, &f, &len) < 0)
        return 0;
    if (f.gf_fmode != MCAST_EXCLUDE || f.gf_numsrc)
        return ck_res_why(k->c->why, k->c->whycap, -ENOTSUP,
                          "a UDP socket that has joined a multicast group for "
                          "some senders only: that can't be saved");
    ck_inet_from(group, &a);
    memcpy(i.group, a.ip, 16);
    item_put(k->w, &i);
    return 0;
}

/* "1 lo : 2 V3", then lines that begin with a tab and a group. */
static int ask_igmp(const struct walk *k, FILE *f)
{
    unsigned interface = 0, address;
    char line[256];
    int rc = 0;

    while (!rc && fgets(line, sizeof(line), f)) {
        struct sockaddr_storage s = {.ss_family = AF_INET};

        if (line[0] >= '0' && line[0] <= '9') {
            interface = (unsigned)strtoul(line, NULL, 10);
        } else if (line[0] == '\t' && sscanf(line, "%x", &address) == 1) {
            ((struct sockaddr_in *)&s)->sin_addr.s_addr = address;
            rc = ask(k, interface, &s);
        }
    }
    return rc;
}

/* "1    lo              ff020000000000000000000000000001     1 ..." */
static int ask_igmp6(const struct walk *k, FILE *f)
{
    char line[256], hex[33];
    unsigned interface;
    int rc = 0;

    while (!rc && fgets(line, sizeof(line), f)) {
        struct sockaddr_storage s = {.ss_family = AF_INET6};
        uint8_t *ip = ((struct sockaddr_in6 *)&s)->sin6_addr.s6_addr;

        if (sscanf(line, "%u %*s %32s", &interface, hex) != 2 ||
            strlen(hex) != 32)
            continue;
        for (int i = 0; i < 16; i++) {
            char two[3] = {hex[2 * i], hex[2 * i + 1], '\0'};

            ip[i] = (uint8_t)strtoul(two, NULL, 16);
        }
        rc = ask(k, interface, &s);
    }
    return rc;
}

int ck_inet_groups_save(struct ck_res_save *c, int fd, struct ck_wr *w)
{
    const struct walk k = {c, fd, w};
    FILE *v4 = fopen("/proc/net/igmp", "re");
    FILE *v6 = fopen("/proc/net/igmp6", "re");
    int rc = v4 ? ask_igmp(&k, v4) : 0;

    if (!rc && v6)
        rc = ask_igmp6(&k, v6);
    if (v4)
        fclose(v4);
    if (v6)
        fclose(v6);
    return rc;
}

static int is_v4(const uint8_t ip[16])
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

    return !memcmp(ip, mapped, sizeof(mapped));
}

int ck_inet_groups_join(struct ck_res_load *c, int fd, struct ck_blob list)
{
    for (uint32_t at = 0; at < list.n; at += ITEM_SIZE) {
        struct group_req g = {.gr_interface = 0};
        struct ck_inet a = {.port = 0};
        struct item i;
        struct ck_rd r;

        ck_rd_init(&r, (const uint8_t *)list.p + at,
                   list.n - at < ITEM_SIZE ? 0 : ITEM_SIZE);
        if (item_get(&r, &i))
            return -EBADMSG;
        memcpy(a.ip, i.group, 16);
        ck_inet_to(&a, is_v4(i.group) ? AF_INET : AF_INET6, &g.gr_group);
        g.gr_interface = i.interface;
        if (setsockopt(fd, level_of(&g.gr_group), MCAST_JOIN_GROUP, &g,
                       sizeof(g)) < 0)
            return ck_res_why(c->why, c->whycap, -errno,
                              "a UDP socket that can't join the multicast "
                              "group %s on interface %u: %s",
                              ck_inet_text(&a), i.interface, strerror(errno));
    }
    return 0;
}
