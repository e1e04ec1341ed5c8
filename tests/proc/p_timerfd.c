/* Claim: a timerfd goes on with the time that was left, is shared as before,
 * and wakes one who waits. */
#include "claim.h"

#include <poll.h>
#include <sys/timerfd.h>

static void set(int fd, int flags, long s, long ns, long every_ns)
{
    struct itimerspec v = {{0, every_ns}, {s, ns}};

    CHECK_EQ(timerfd_settime(fd, flags, &v, NULL), 0);
}

static uint64_t take(int fd)
{
    uint64_t v = 0;

    CHECK_EQ(read(fd, &v, sizeof(v)), (ssize_t)sizeof(v));
    return v;
}

static void left(int fd, long least, long most)
{
    struct itimerspec v;

    CHECK_EQ(timerfd_gettime(fd, &v), 0);
    CHECK(v.it_value.tv_sec >= least && v.it_value.tv_sec < most);
}

int main(void)
{
    int far = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    int boot = timerfd_create(CLOCK_BOOTTIME, 0), twin = dup(far);
    int every = timerfd_create(CLOCK_REALTIME, 0);
    int off = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
    int call = timerfd_create(CLOCK_MONOTONIC, 0);
    struct itimerspec v;
    uint64_t n;
    pid_t child;

    set(far, 0, 1000, 0, 0);
    set(boot, 0, 2000, 5, 0);
    set(every, 0, 0, 1000000, 5000000);
    set(off, 0, 1, 0, 0);
    set(off, 0, 0, 0, 0);
    set(call, 0, 3000, 0, 0);
    child = fork();
    if (child == 0) { /* waits in read across the checkpoint */
        CHECK_EQ(take(call), 1);
        _exit(0);
    }
    claim_ready();
    claim_wait();
    BREAK(set(far, 0, 1200, 0, 0));
    left(far, 800, 1000);
    left(twin, 800, 1000);
    left(boot, 1800, 2001);
    left(call, 2800, 3000);
    CHECK(fcntl(far, F_GETFL) & O_NONBLOCK);
    CHECK_EQ(fcntl(far, F_GETFD), FD_CLOEXEC);
    CHECK(take(every) >= 1);
    CHECK(take(every) >= 1);
    CHECK_EQ(timerfd_gettime(every, &v), 0);
    CHECK_EQ(v.it_interval.tv_nsec, 5000000);
    CHECK_EQ(timerfd_gettime(off, &v), 0);
    CHECK_EQ(v.it_value.tv_sec + v.it_value.tv_nsec, 0);
    CHECK(read(off, &n, sizeof(n)) < 0 && errno == EAGAIN);
    set(twin, 0, 0, 1, 0);
    CHECK_EQ(poll(&(struct pollfd){.fd = far, .events = POLLIN}, 1, 5000), 1);
    CHECK_EQ(take(far), 1);
    set(call, 0, 0, 1, 0);
    claim_reap(child);
    claim_pass();
}
