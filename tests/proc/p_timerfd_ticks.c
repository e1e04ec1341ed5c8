/* Claim: expirations of a timerfd that nobody has read yet are still there,
 * as many as there were. */
#include "claim.h"

#include <poll.h>
#include <sys/timerfd.h>
#include <time.h>

int main(void)
{
    int once = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
    int often = timerfd_create(CLOCK_REALTIME, 0);
    struct itimerspec v = {{0, 0}, {0, 1}};
    struct timespec t;
    uint64_t n;

    CHECK_EQ(timerfd_settime(once, 0, &v, NULL), 0);
    clock_gettime(CLOCK_REALTIME, &t);
    /* First 4500 s ago, every 1000 s: five times, and next in 500 s. */
    v = (struct itimerspec){{1000, 0}, {t.tv_sec - 4500, t.tv_nsec}};
    CHECK_EQ(timerfd_settime(often, TFD_TIMER_ABSTIME, &v, NULL), 0);
    CHECK_EQ(poll(&(struct pollfd){.fd = once, .events = POLLIN}, 1, 5000), 1);
    CHECK_EQ(poll(&(struct pollfd){.fd = often, .events = POLLIN}, 1, 5000),
             1);
    claim_ready();
    claim_wait();
    BREAK(CHECK(read(once, &n, sizeof(n)) > 0));
    CHECK_EQ(read(once, &n, sizeof(n)), (ssize_t)sizeof(n));
    CHECK_EQ(n, 1);
    CHECK(read(once, &n, sizeof(n)) < 0 && errno == EAGAIN);
    CHECK_EQ(read(often, &n, sizeof(n)), (ssize_t)sizeof(n));
    CHECK_EQ(n, 5);
    CHECK_EQ(timerfd_gettime(often, &v), 0);
    CHECK(v.it_value.tv_sec < 500 && v.it_value.tv_sec > 300);
    CHECK_EQ(v.it_interval.tv_sec, 1000);
    claim_pass();
}
