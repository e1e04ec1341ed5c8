/* Claim: a checkpoint of a program with a packet socket is refused by name,
 * and the program goes on with it unharmed. */
/* refusal: descriptor 9 is a packet socket */
#include "netns.h"

#include <linux/if_packet.h>

int main(void)
{
    struct sockaddr_ll a = {.sll_family = AF_PACKET};

    netns_socket(AF_PACKET, SOCK_DGRAM, 0, 9);
    claim_ready();
    claim_wait();
    BREAK(close(9));
    CHECK(bind(9, (void *)&a, sizeof(a)) == 0);
    claim_pass();
}
