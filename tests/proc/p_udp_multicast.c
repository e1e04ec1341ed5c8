/* Claim: a UDP socket is in the multicast groups that it had joined, and in
 * no other. */
#include "inet.h"

#include <net/if.h>

static int in_group(int s, int level, const struct group_req *g)
{
    struct group_filter f = {.gf_interface = g->gr_interface,
                             .gf_group = g->gr_group};
    socklen_t n = sizeof(f);

    return getsockopt(s, level, MCAST_MSFILTER, &f, &n) == 0;
}

static void make_group(struct group_req *g, int domain, int last)
{
    struct sockaddr_in6 *v6 = (void *)&g->gr_group;
    inet_name a;

    inet_loopback(domain, 0, &a);
    g->gr_interface = if_nametoindex("lo");
    g->gr_group = a;
    if (domain == AF_INET)
        ((struct sockaddr_in *)&g->gr_group)->sin_addr.s_addr =
            htonl(0xef010200u + (unsigned)last);
    else
        memcpy(&v6->sin6_addr, (char[16]){'\xff', 1, [15] = (char)last}, 16);
}

int main(void)
{
    int a = inet_bound(AF_INET, SOCK_DGRAM), b = inet_bound(AF_INET, SOCK_DGRAM);
    int six = inet_bound(AF_INET6, SOCK_DGRAM);
    struct group_req g[2], g6;
    uint32_t index = if_nametoindex("lo");

    make_group(&g[0], AF_INET, 3);
    make_group(&g[1], AF_INET, 4);
    make_group(&g6, AF_INET6, 5);
    if (!index || setsockopt(a, IPPROTO_IP, MCAST_JOIN_GROUP, &g[0], sizeof(*g)))
        claim_skip("no multicast on the loopback interface");
    CHECK(!setsockopt(b, IPPROTO_IP, MCAST_JOIN_GROUP, &g[0], sizeof(*g)));
    CHECK(!setsockopt(b, IPPROTO_IP, MCAST_JOIN_GROUP, &g[1], sizeof(*g)));
    CHECK(!setsockopt(six, IPPROTO_IPV6, MCAST_JOIN_GROUP, &g6, sizeof(g6)));
    inet_set(a, IPPROTO_IP, IP_MULTICAST_TTL, 5);
    claim_ready();
    claim_wait();
    BREAK(setsockopt(a, IPPROTO_IP, MCAST_LEAVE_GROUP, &g[0], sizeof(*g)));
    CHECK(in_group(a, IPPROTO_IP, &g[0]) && !in_group(a, IPPROTO_IP, &g[1]));
    CHECK(in_group(b, IPPROTO_IP, &g[0]) && in_group(b, IPPROTO_IP, &g[1]));
    CHECK(in_group(six, IPPROTO_IPV6, &g6));
    CHECK_EQ(inet_option(a, IPPROTO_IP, IP_MULTICAST_TTL), 5);
    claim_pass();
}
