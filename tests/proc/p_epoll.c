/* Claim: an epoll set still watches what it watched, as it was told to:
 * level and edge, once, exclusively, a set in a set, and targets whose number
 * is closed or somebody else's by now. */
#include "claim.h"

#include <sys/epoll.h>

static void put(int set, int how, int fd, uint32_t events, uint64_t data)
{
    struct epoll_event ev = {.events = events, .data.u64 = data};

    CHECK_EQ(epoll_ctl(set, how, fd, &ev), 0);
}

/* The events of the item with this data, 0 if there are none. At most once a
 * call, and nothing is waited for. */
static uint32_t events(int set, uint64_t data)
{
    struct epoll_event ev[32];
    int n = epoll_wait(set, ev, 32, 0);
    uint32_t found = 0;

    CHECK(n >= 0);
    for (int i = 0; i < n; i++)
        if (ev[i].data.u64 == data)
            found |= ev[i].events;
    return found;
}

static void poke(int fd)
{
    CHECK_EQ(write(fd, "abcdefgh", 8), 8);
}

int main(void)
{
    int set = epoll_create1(EPOLL_CLOEXEC), inner = epoll_create1(0);
    int low[2], edge[2], once[2], armed[2], excl[2], deep[2], gone[2], idle[2],
        alias;
    uint64_t big = 0xfedcba9876543210ull;
    struct epoll_event ev;
    char buf[8];

    CHECK(!pipe(low) && !pipe(edge) && !pipe(once) && !pipe(armed));
    CHECK(!pipe(idle) && !pipe(excl) && !pipe(deep) && !pipe(gone));
    put(set, EPOLL_CTL_ADD, low[0], EPOLLIN, big);
    put(set, EPOLL_CTL_ADD, edge[0], EPOLLIN | EPOLLET, 2);
    put(set, EPOLL_CTL_ADD, once[0], EPOLLIN | EPOLLONESHOT, 3);
    put(set, EPOLL_CTL_ADD, armed[0], EPOLLIN | EPOLLONESHOT, 4);
    put(set, EPOLL_CTL_ADD, excl[0], EPOLLIN | EPOLLEXCLUSIVE, 5);
    put(set, EPOLL_CTL_ADD, inner, EPOLLIN, 6);
    put(inner, EPOLL_CTL_ADD, deep[0], EPOLLIN, 60);
    alias = dup(gone[0]); /* put in under a number that is closed */
    put(set, EPOLL_CTL_ADD, alias, EPOLLIN, 7);
    close(alias);
    alias = dup(gone[0]); /* ... and once more, under one taken over */
    CHECK_EQ(dup2(alias, 200), 200);
    put(set, EPOLL_CTL_ADD, 200, EPOLLIN, 8);
    CHECK_EQ(dup2(low[1], 200), 200);
    put(set, EPOLL_CTL_ADD, 200, EPOLLOUT | EPOLLET, 9);
    put(set, EPOLL_CTL_ADD, idle[0], EPOLLIN | EPOLLONESHOT, 10);
    poke(idle[1]); /* has fired, and there is nothing to read any more */
    CHECK_EQ(events(set, 10), EPOLLIN);
    CHECK_EQ(read(idle[0], buf, sizeof(buf)), (ssize_t)sizeof(buf));
    poke(low[1]);
    poke(once[1]);
    CHECK_EQ(events(set, 3), EPOLLIN); /* has fired; so has the edge of 9 */
    claim_ready();
    claim_wait();
    BREAK(put(set, EPOLL_CTL_MOD, edge[0], 0, 2));
    CHECK_EQ(fcntl(set, F_GETFD), FD_CLOEXEC);
    CHECK_EQ(events(set, big), EPOLLIN);
    CHECK_EQ(events(set, big), EPOLLIN); /* level: again and again */
    CHECK_EQ(events(set, 3), 0);
    put(set, EPOLL_CTL_MOD, once[0], EPOLLIN | EPOLLONESHOT, 3);
    CHECK_EQ(events(set, 3), EPOLLIN);
    poke(idle[1]);
    CHECK_EQ(events(set, 10), 0);
    put(set, EPOLL_CTL_MOD, idle[0], EPOLLIN | EPOLLONESHOT, 10);
    CHECK_EQ(events(set, 10), EPOLLIN);
    poke(edge[1]);
    CHECK_EQ(events(set, 2), EPOLLIN);
    CHECK_EQ(events(set, 2), 0); /* edge: once */
    poke(armed[1]);
    CHECK_EQ(events(set, 4), EPOLLIN);
    poke(armed[1]);
    CHECK_EQ(events(set, 4), 0);
    poke(excl[1]);
    CHECK_EQ(events(set, 5), EPOLLIN);
    ev = (struct epoll_event){.events = EPOLLIN}; /* no such may be changed */
    CHECK(epoll_ctl(set, EPOLL_CTL_MOD, excl[0], &ev) < 0 && errno == EINVAL);
    CHECK_EQ(events(set, 6), 0);
    poke(deep[1]);
    CHECK_EQ(events(set, 6), EPOLLIN);
    CHECK_EQ(events(inner, 60), EPOLLIN);
    CHECK_EQ(events(set, 7), 0);
    poke(gone[1]);
    CHECK_EQ(epoll_wait(set, &ev, 1, 0), 1);
    CHECK(events(set, 7) == EPOLLIN && events(set, 8) == EPOLLIN);
    CHECK_EQ(epoll_ctl(set, EPOLL_CTL_DEL, 200, NULL), 0); /* 9, not 8 */
    CHECK(epoll_ctl(set, EPOLL_CTL_DEL, 200, NULL) < 0 && errno == ENOENT);
    CHECK_EQ(events(set, 8), EPOLLIN);
    close(gone[0]);
    close(alias);
    CHECK_EQ(events(set, 7) | events(set, 8), 0);
    claim_pass();
}
