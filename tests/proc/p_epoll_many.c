/* Claim: a large epoll set that two processes share comes back, every item
 * with its own number and word, also those that only the other one put in. */
#include "claim.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>

#define MANY 700

static void put(int set, int fd, uint64_t data)
{
    struct epoll_event ev = {.events = EPOLLIN | EPOLLONESHOT,
                             .data.u64 = data};

    CHECK_EQ(epoll_ctl(set, EPOLL_CTL_ADD, fd, &ev), 0);
}

int main(void)
{
    struct rlimit lim;
    int set = epoll_create1(0), fd[MANY], own, tell[2], go[2];
    struct epoll_event ev;
    pid_t child;

    CHECK(!getrlimit(RLIMIT_NOFILE, &lim) && !pipe(tell) && !pipe(go));
    lim.rlim_cur = lim.rlim_max < 2000 ? lim.rlim_max : 2000;
    CHECK_EQ(setrlimit(RLIMIT_NOFILE, &lim), 0);
    for (int i = 0; i < MANY; i++) {
        fd[i] = eventfd(0, 0);
        CHECK(fd[i] >= 0);
        put(set, fd[i], (uint64_t)i << 32 | 7);
    }
    child = fork();
    if (child == 0) {
        own = eventfd(0, 0);
        put(set, own, 99);
        claim_tell(tell[1]);
        claim_hear(go[0]);
        CHECK_EQ(write(own, &(uint64_t){1}, 8), 8);
        claim_hear(go[0]);
        _exit(0);
    }
    claim_hear(tell[0]);
    claim_ready();
    claim_wait();
    BREAK(epoll_ctl(set, EPOLL_CTL_DEL, fd[MANY - 1], NULL));
    CHECK(epoll_wait(set, &ev, 1, 0) == 0);
    for (int i = MANY - 1; i >= 0; i -= 3) {
        CHECK_EQ(write(fd[i], &(uint64_t){1}, 8), 8);
        CHECK_EQ(epoll_wait(set, &ev, 1, 0), 1);
        CHECK_EQ(ev.data.u64, (uint64_t)i << 32 | 7);
    }
    CHECK_EQ(epoll_wait(set, &ev, 1, 0), 0);
    claim_tell(go[1]);
    CHECK_EQ(epoll_wait(set, &ev, 1, 5000), 1);
    CHECK_EQ(ev.data.u64, 99);
    claim_tell(go[1]);
    claim_reap(child);
    claim_pass();
}
