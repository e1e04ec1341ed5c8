/* Claim: a checkpoint of a program with a listening TCP socket is refused by name, and the
 * program goes on with it unharmed. */
/* refusal: socket */
#include "claim.h"
#include <netinet/in.h>
#include <sys/socket.h>

int main(void)
{
    struct sockaddr_in a = {.sin_family = AF_INET};
    int s = socket(AF_INET, SOCK_STREAM, 0), c, n;

    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    CHECK(s >= 0 && bind(s, (void *)&a, sizeof a) == 0 && listen(s, 5) == 0);
    CHECK(getsockname(s, (void *)&a, &(socklen_t){sizeof a}) == 0);
    claim_ready();
    claim_wait();
    BREAK(close(s));
    c = socket(AF_INET, SOCK_STREAM, 0);
    CHECK(connect(c, (void *)&a, sizeof a) == 0);
    CHECK((n = accept(s, NULL, NULL)) >= 0 && write(n, "x", 1) == 1);
    claim_pass();
}
