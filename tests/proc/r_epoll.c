/* Claim: a checkpoint of a program with an epoll descriptor is refused by name, and the
 * program goes on with it unharmed. */
/* refusal: descriptor 9.*epoll */
#include "claim.h"
#include <sys/epoll.h>

int main(void)
{
    struct epoll_event ev = {.events = EPOLLIN};
    int p[2];

    CHECK(dup2(epoll_create1(0), 9) == 9 && close(3) == 0 && pipe(p) == 0);
    CHECK(epoll_ctl(9, EPOLL_CTL_ADD, p[0], &ev) == 0);
    claim_ready();
    claim_wait();
    BREAK(close(9));
    CHECK(write(p[1], "x", 1) == 1 && epoll_wait(9, &ev, 1, 1000) == 1);
    claim_pass();
}
