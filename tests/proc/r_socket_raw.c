/* Claim: a checkpoint of a program with a raw socket is refused by name, and
 * the program goes on with it unharmed. */
/* refusal: descriptor 9 is a raw socket */
#include "netns.h"

#include <netinet/in.h>

int main(void)
{
    struct sockaddr_in a = {.sin_family = AF_INET};

    netns_socket(AF_INET, SOCK_RAW, IPPROTO_ICMP, 9);
    claim_ready();
    claim_wait();
    BREAK(close(9));
    CHECK(bind(9, (void *)&a, sizeof(a)) == 0);
    claim_pass();
}
