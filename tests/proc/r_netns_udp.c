/* Claim: a checkpoint of a program with a UDP socket of another network
 * namespace is refused by name, and the program goes on with it. */
/* refusal: descriptor 9 is a UDP socket of another network namespace */
#include "netns.h"

#include <netinet/in.h>

int main(void)
{
    struct sockaddr_in6 a = {.sin6_family = AF_INET6};

    netns_socket(AF_INET6, SOCK_DGRAM, 0, 9);
    claim_ready();
    claim_wait();
    BREAK(close(9));
    CHECK(bind(9, (void *)&a, sizeof(a)) == 0);
    claim_pass();
}
