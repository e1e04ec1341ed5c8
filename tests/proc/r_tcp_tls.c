/* Claim: a checkpoint of a program with a TCP socket that the kernel is to
 * encrypt is refused by name, and the program goes on with it unharmed. */
/* refusal: TCP socket that the kernel encrypts .tls. */
#include "inet.h"

int main(void)
{
    int s[2];

    inet_pair(AF_INET, s);
    if (setsockopt(s[0], IPPROTO_TCP, TCP_ULP, "tls", 3) < 0)
        claim_skip("no kTLS here");
    claim_ready();
    claim_wait();
    BREAK(close(s[0]));
    CHECK(send(s[0], "x", 1, 0) == 1);
    claim_pass();
}
