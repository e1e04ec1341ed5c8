/* Claim: a checkpoint of a program with a netlink socket that is not for
 * NETLINK_ROUTE is refused by name, and the program goes on with it. */
/* refusal: descriptor 9 is a netlink socket */
#include "claim.h"

#include <linux/netlink.h>
#include <sys/socket.h>

int main(void)
{
    struct sockaddr_nl a = {.nl_family = AF_NETLINK};
    int s = socket(AF_NETLINK, SOCK_RAW, NETLINK_USERSOCK);

    if (s < 0)
        claim_skip("no NETLINK_USERSOCK here");
    CHECK(dup2(s, 9) == 9 && close(s) == 0);
    claim_ready();
    claim_wait();
    BREAK(close(9));
    CHECK(bind(9, (void *)&a, sizeof(a)) == 0);
    claim_pass();
}
