/* Has a UDP socket with an error to tell (nobody is at the other end), and
 * expects to be told. */
#include "inet.h"

static int state(int s)
{
    struct pollfd p = {.fd = s, .events = POLLIN};

    CHECK(poll(&p, 1, 0) >= 0);
    return p.revents;
}

int main(void)
{
    int s = inet_bound(AF_INET, SOCK_DGRAM), to = inet_bound(AF_INET, SOCK_DGRAM);
    inet_name a = inet_self(to);

    close(to);
    CHECK(connect(s, (void *)&a, sizeof(a)) == 0 && send(s, "x", 1, 0) == 1);
    UNTIL(state(s) & POLLERR);
    claim_ready();
    claim_wait();
    CHECK_EQ(inet_option(s, SOL_SOCKET, SO_ERROR), ECONNREFUSED);
    claim_pass();
}
