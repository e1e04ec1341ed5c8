/* Claim: a checkpoint of a program with a timerfd is refused by name, and the
 * program goes on with it unharmed. */
/* refusal: descriptor [0-9]+.*timerfd */
#include "claim.h"
#include <sys/timerfd.h>

int main(void)
{
    struct itimerspec v = {{0, 0}, {100, 0}};
    int fd = timerfd_create(CLOCK_MONOTONIC, 0);

    CHECK(fd >= 0 && timerfd_settime(fd, 0, &v, NULL) == 0);
    claim_ready();
    claim_wait();
    BREAK(timerfd_settime(fd, 0, &(struct itimerspec){{0, 0}, {0, 0}}, NULL));
    CHECK(timerfd_gettime(fd, &v) == 0 && v.it_value.tv_sec > 1);
    claim_pass();
}
