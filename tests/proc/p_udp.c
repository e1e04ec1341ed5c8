/* Claim: UDP sockets keep their addresses, whom they are connected to, their
 * options and what they have not read, with whom it is from. */
#include "udp.h"

int main(void)
{
    return udp_claim(AF_INET);
}
