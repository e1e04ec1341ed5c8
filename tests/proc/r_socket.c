/* Claim: a checkpoint of a program with a connected pair of sockets is refused by name, and the
 * program goes on with it unharmed. */
/* refusal: descriptor 7.*socket */
#include "claim.h"
#include <sys/socket.h>

int main(void)
{
    int s[2];
    char c;

    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, s) == 0);
    CHECK(dup2(s[0], 7) == 7 && close(s[0]) == 0);
    claim_ready();
    claim_wait();
    BREAK(close(7));
    CHECK(write(7, "x", 1) == 1 && read(s[1], &c, 1) == 1);
    claim_pass();
}
