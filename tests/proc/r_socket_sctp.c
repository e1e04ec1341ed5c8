/* Claim: a checkpoint of a program with an SCTP socket is refused by name, and
 * the program goes on with it unharmed. */
/* refusal: descriptor 9 is an SCTP socket */
#include "claim.h"

#include <netinet/in.h>
#include <sys/socket.h>

int main(void)
{
    struct sockaddr_in a = {.sin_family = AF_INET};
    int s = socket(AF_INET, SOCK_STREAM, IPPROTO_SCTP);

    if (s < 0)
        claim_skip("no SCTP here");
    CHECK(dup2(s, 9) == 9 && close(s) == 0);
    claim_ready();
    claim_wait();
    BREAK(close(9));
    CHECK(bind(9, (void *)&a, sizeof(a)) == 0);
    claim_pass();
}
