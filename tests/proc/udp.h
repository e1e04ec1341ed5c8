/*
 * udp.h - the claim about UDP sockets, for both families.
 */
#ifndef CKPT_TESTS_UDP_H
#define CKPT_TESTS_UDP_H

#include "inet.h"

static void datagram(int from, int to, size_t n, unsigned seed)
{
    static char p[65000];
    inet_name a = inet_self(to);

    claim_fill(p, n, seed);
    CHECK_EQ(sendto(from, p, n, 0, (void *)&a, sizeof(a)), (ssize_t)n);
}

/* The next one, and whom it is from. */
static void comes(int s, size_t n, unsigned seed, inet_name from)
{
    static char p[65000];
    inet_name a = {0};
    socklen_t len = sizeof(a);

    CHECK_EQ(recvfrom(s, p, sizeof(p), MSG_DONTWAIT, (void *)&a, &len),
             (ssize_t)n);
    CHECK(claim_same(p, n, seed));
    CHECK(inet_same(a, from));
}

static inline int udp_claim(int domain)
{
    int a = inet_bound(domain, SOCK_DGRAM), b = inet_bound(domain, SOCK_DGRAM);
    int gone = inet_bound(domain, SOCK_DGRAM), p[2], s, c;
    int talk = socket(domain, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    inet_name at_a = inet_self(a), at_b = inet_self(b), last = inet_self(gone);
    int none = socket(domain, SOCK_DGRAM, 0), twin[2];
    inet_name at_talk, at_s;
    char x;
    pid_t child;

    CHECK(connect(talk, (void *)&at_a, sizeof(at_a)) == 0);
    at_talk = inet_self(talk);
    datagram(b, a, 1000, 1);
    datagram(gone, a, 20000, 2);
    datagram(b, a, 0, 0);
    datagram(b, a, 3, 3);
    CHECK_EQ(send(talk, "x", 1, 0), 1);
    close(gone);
    datagram(a, talk, 50, 5);
    inet_set(b, SOL_SOCKET, SO_RCVBUF, 30000);
    inet_set(b, SOL_SOCKET, SO_BROADCAST, 1);
    for (int i = 0; i < 2; i++) {
        socklen_t n;

        twin[i] = socket(domain, SOCK_DGRAM, 0);
        inet_set(twin[i], SOL_SOCKET, SO_REUSEPORT, 1);
        at_s = i ? inet_self(twin[0]) : at_s;
        n = i ? sizeof(at_s) : inet_loopback(domain, 0, &at_s);
        CHECK(bind(twin[i], (void *)&at_s, n) == 0);
    }
    for (unsigned i = 0; i < 5; i++)
        datagram(b, twin[0], 10, i);
    CHECK(ioctl(twin[0], FIONREAD, &s) == 0);
    CHECK(pipe(p) == 0);
    child = fork();
    if (child == 0) { /* waits in recv */
        s = inet_bound(domain, SOCK_DGRAM);
        at_s = inet_self(s);
        CHECK(write(p[1], &at_s, sizeof(at_s)) == sizeof(at_s));
        CHECK(recv(s, &x, 1, 0) == 1 && x == 'y');
        _exit(0);
    }
    CHECK(read(p[0], &at_s, sizeof(at_s)) == sizeof(at_s));
    claim_ready();
    claim_wait();
    BREAK(CHECK(recv(a, &x, 1, 0) == 1));
    CHECK(inet_same(inet_self(a), at_a) && inet_same(inet_self(b), at_b));
    CHECK(inet_same(inet_self(talk), at_talk));
    CHECK(inet_same(inet_peer(talk), at_a));
    CHECK(fcntl(talk, F_GETFL) & O_NONBLOCK);
    comes(a, 1000, 1, at_b);
    comes(a, 20000, 2, last);
    comes(a, 0, 0, at_b);
    comes(a, 3, 3, at_b);
    CHECK(recv(a, &x, 1, 0) == 1 && x == 'x');
    CHECK(recv(a, &x, 1, MSG_DONTWAIT) < 0);
    comes(talk, 50, 5, at_a);
    CHECK(recv(talk, &x, 1, 0) < 0 && errno == EAGAIN);
    datagram(b, talk, 50, 6); /* not the one it is connected to */
    CHECK(recv(talk, &x, 1, 0) < 0 && errno == EAGAIN);
    CHECK_EQ(inet_option(b, SOL_SOCKET, SO_RCVBUF), 60000);
    CHECK_EQ(inet_option(b, SOL_SOCKET, SO_BROADCAST), 1);
    CHECK_EQ(inet_option(a, SOL_SOCKET, SO_REUSEADDR), 0);
    CHECK(ioctl(twin[0], FIONREAD, &c) == 0 && (c > 0) == (s > 0));
    for (unsigned i = 0; i < 5; i++)
        comes(twin[s == 0], 10, i, at_b);
    CHECK_EQ(sendto(none, "y", 1, 0, (void *)&at_s, sizeof(at_s)), 1);
    claim_reap(child);
    claim_pass();
}

#endif
