/* Claim: an eventfd keeps its value, its mode and who shares it, and still
 * wakes one who waits. */
#include "claim.h"

#include <poll.h>
#include <sys/eventfd.h>

static uint64_t take(int fd)
{
    uint64_t v = 0;

    CHECK_EQ(read(fd, &v, sizeof(v)), (ssize_t)sizeof(v));
    return v;
}

int main(void)
{
    int plain = eventfd(0x12345678, EFD_NONBLOCK | EFD_CLOEXEC);
    int sem = eventfd(3, EFD_SEMAPHORE), empty = eventfd(0, EFD_NONBLOCK);
    int one = eventfd(1, EFD_SEMAPHORE), call = eventfd(0, 0);
    int answer = eventfd(0, 0), twin = dup(plain);
    uint64_t v = 1;
    pid_t child = fork();

    if (child == 0) { /* waits in read across the checkpoint */
        CHECK_EQ(take(call), 7);
        v = 70;
        CHECK_EQ(write(answer, &v, sizeof(v)), (ssize_t)sizeof(v));
        _exit(0);
    }
    CHECK_EQ(write(plain, &v, sizeof(v)), (ssize_t)sizeof(v));
    claim_ready();
    claim_wait();
    BREAK(take(plain));
    CHECK(fcntl(plain, F_GETFL) & O_NONBLOCK);
    CHECK_EQ(fcntl(plain, F_GETFD), FD_CLOEXEC);
    CHECK_EQ(take(twin), 0x12345679);
    CHECK(read(plain, &v, sizeof(v)) < 0 && errno == EAGAIN);
    for (int i = 0; i < 3; i++)
        CHECK_EQ(take(sem), 1);
    CHECK_EQ(poll(&(struct pollfd){.fd = sem, .events = POLLIN}, 1, 0), 0);
    v = 2;
    CHECK_EQ(write(one, &v, sizeof(v)), (ssize_t)sizeof(v));
    CHECK_EQ(take(one), 1);
    CHECK(read(empty, &v, sizeof(v)) < 0 && errno == EAGAIN);
    v = 7;
    CHECK_EQ(write(call, &v, sizeof(v)), (ssize_t)sizeof(v));
    CHECK_EQ(take(answer), 70);
    claim_reap(child);
    claim_pass();
}
