/* Claim: a checkpoint of a program with a vsock is refused by name, and the
 * program goes on with it unharmed. */
/* refusal: descriptor 9 is a vsock */
#include "claim.h"

#include <sys/socket.h>

int main(void)
{
    int v;
    socklen_t n = sizeof(v);
    int s = socket(AF_VSOCK, SOCK_STREAM, 0);

    if (s < 0)
        claim_skip("no vsock here");
    CHECK(dup2(s, 9) == 9 && close(s) == 0);
    claim_ready();
    claim_wait();
    BREAK(close(9));
    CHECK(!getsockopt(9, SOL_SOCKET, SO_TYPE, &v, &n) && v == SOCK_STREAM);
    claim_pass();
}
