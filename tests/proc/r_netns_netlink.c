/* Claim: a checkpoint of a program with a netlink socket of another network
 * namespace is refused by name, and the program goes on with it. */
/* refusal: descriptor 9 is a netlink socket of another network namespace */
#include "netns.h"

#include <linux/netlink.h>

int main(void)
{
    struct sockaddr_nl a = {.nl_family = AF_NETLINK};

    netns_socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE, 9);
    claim_ready();
    claim_wait();
    BREAK(close(9));
    CHECK(bind(9, (void *)&a, sizeof(a)) == 0);
    claim_pass();
}
