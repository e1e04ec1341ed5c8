/* Claim: so do UDP sockets over IPv6. */
#include "udp.h"

int main(void)
{
    return udp_claim(AF_INET6);
}
