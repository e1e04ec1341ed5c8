/* Claim: a socket that asks about networks can ask after a restart, has the
 * groups and the options it had, and its port. */
#include "claim.h"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

static uint32_t port(int s)
{
    struct sockaddr_nl a = {0};
    socklen_t n = sizeof(a);

    CHECK(getsockname(s, (void *)&a, &n) == 0);
    return a.nl_pid;
}

static uint32_t groups(int s)
{
    uint32_t words[8] = {0};
    socklen_t n = sizeof(words);

    CHECK(!getsockopt(s, SOL_NETLINK, NETLINK_LIST_MEMBERSHIPS, words, &n));
    return words[0];
}

/* Is there a link? */
static void ask(int s)
{
    struct {
        struct nlmsghdr h;
        struct ifinfomsg i;
    } m = {{sizeof(m), RTM_GETLINK, NLM_F_REQUEST, 7, 0}, {.ifi_index = 1}};
    char buf[8192];

    CHECK(send(s, &m, sizeof(m), 0) == sizeof(m));
    CHECK(recv(s, buf, sizeof(buf), 0) > (ssize_t)sizeof(m));
    CHECK_EQ(((struct nlmsghdr *)buf)->nlmsg_type, RTM_NEWLINK);
    CHECK_EQ(((struct nlmsghdr *)buf)->nlmsg_seq, 7);
}

int main(void)
{
    int s = socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK, NETLINK_ROUTE);
    int idle = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE), on = 1, got = 0;
    struct sockaddr_nl a = {.nl_family = AF_NETLINK, .nl_groups = RTMGRP_LINK};
    int other = RTNLGRP_IPV4_ROUTE;
    socklen_t n = sizeof(got);
    uint32_t at;

    CHECK(s >= 0 && bind(s, (void *)&a, sizeof(a)) == 0);
    CHECK(!setsockopt(s, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &other,
                      sizeof(other)));
    CHECK(!setsockopt(s, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on)));
    ask(s);
    at = port(s);
    claim_ready();
    claim_wait();
    BREAK(setsockopt(s, SOL_NETLINK, NETLINK_DROP_MEMBERSHIP, &other,
                     sizeof(other)));
    ask(s);
    CHECK_EQ(port(s), at);
    CHECK_EQ(groups(s), 1 << (RTNLGRP_LINK - 1) | 1 << (other - 1));
    CHECK(!getsockopt(s, SOL_NETLINK, NETLINK_EXT_ACK, &got, &n) && got == 1);
    CHECK(fcntl(s, F_GETFL) & O_NONBLOCK);
    CHECK_EQ(port(idle), 0);
    ask(idle);
    claim_pass();
}
