/* Claim: hundreds of TCP connections of one server, which an epoll set
 * watches, come back with what is in each, and their events. */
#include "inet.h"

#include <sys/epoll.h>

#define COUNT 300

int main(void)
{
    static int c[COUNT], s[COUNT], seen[COUNT];
    int l = inet_listen(AF_INET, 100), ep = epoll_create1(0), p[2], n = 0;
    struct epoll_event e = {.events = EPOLLIN | EPOLLET};
    pid_t child;

    CHECK(pipe(p) == 0);
    for (unsigned i = 0; i < COUNT; i++) {
        c[i] = inet_connect(l);
        s[i] = accept(l, NULL, NULL);
        inet_send(c[i], 1000 + i, i);
        e.data.u32 = i;
        CHECK(epoll_ctl(ep, EPOLL_CTL_ADD, s[i], &e) == 0);
    }
    child = fork();
    if (child == 0) { /* the clients' process */
        claim_hear(p[0]);
        for (unsigned i = 0; i < COUNT; i++)
            inet_send(c[i], 10, i + 1);
        _exit(0);
    }
    for (int i = 0; i < COUNT; i++)
        close(c[i]);
    claim_ready();
    claim_wait();
    BREAK(shutdown(s[7], SHUT_RDWR));
    claim_tell(p[1]);
    while (n < COUNT) {
        CHECK_EQ(epoll_wait(ep, &e, 1, 20000), 1);
        if (!seen[e.data.u32]) {
            seen[e.data.u32] = 1;
            inet_expect(s[e.data.u32], 1000 + e.data.u32, e.data.u32);
            inet_expect(s[e.data.u32], 10, e.data.u32 + 1);
            n++;
        }
    }
    claim_reap(child);
    claim_pass();
}
