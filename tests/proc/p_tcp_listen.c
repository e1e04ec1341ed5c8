/* Claim: listening TCP sockets keep their address, their backlog and the
 * connections that nobody has accepted yet; bound and unbound ones stay so;
 * who waits in accept gets the next connection. */
#include "inet.h"

static void dup_of(int l, int c)
{
    inet_name name = inet_self(c), from;
    socklen_t n = sizeof(from);
    int s;

    memset(&from, 0, sizeof(from));
    s = accept(l, (void *)&from, &n);
    CHECK(s >= 0);
    CHECK(inet_same(from, name));
    inet_send(c, 100, 1);
    inet_expect(s, 100, 1);
    inet_send(s, 5000, 2);
    inet_expect(c, 5000, 2);
    close(s);
}

int main(void)
{
    int l = inet_listen(AF_INET, 7), waits = inet_listen(AF_INET, 1);
    int bound = inet_bound(AF_INET, SOCK_STREAM), s;
    int raw = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    int any = socket(AF_INET6, SOCK_STREAM, 0), c[3], half;
    inet_name at = inet_self(l), there = inet_self(bound), self;
    struct sockaddr_in6 a6 = {.sin6_family = AF_INET6};
    struct tcp_info i;
    socklen_t n = sizeof(i);
    pid_t child;
    char x;

    CHECK(any < 0 || bind(any, (void *)&a6, sizeof(a6)) == 0);
    CHECK(any < 0 || listen(any, 2) == 0);
    for (int k = 0; k < 3; k++)
        c[k] = inet_connect(l);
    half = inet_connect(l);
    CHECK(shutdown(half, SHUT_WR) == 0);
    self = inet_self(c[1]);
    child = fork();
    if (child == 0) {
        s = accept(waits, NULL, NULL);
        CHECK(s >= 0);
        inet_expect(s, 10, 3);
        _exit(0);
    }
    claim_ready();
    claim_wait();
    BREAK(close(accept(l, NULL, NULL)));
    CHECK(inet_same(inet_self(l), at));
    CHECK(inet_same(inet_self(bound), there));
    CHECK(inet_same(inet_self(c[1]), self));
    CHECK(inet_same(inet_peer(c[1]), at));
    CHECK_EQ(inet_option(l, SOL_SOCKET, SO_REUSEADDR), 0);
    CHECK(getsockopt(l, IPPROTO_TCP, TCP_INFO, &i, &n) == 0);
    CHECK_EQ(i.tcpi_sacked, 7);
    CHECK_EQ(i.tcpi_unacked, 4);
    for (int k = 0; k < 3; k++)
        dup_of(l, c[k]);
    s = accept(l, NULL, NULL);
    CHECK(s >= 0 && recv(s, &x, 1, 0) == 0);
    inet_send(s, 10, 4);
    inet_expect(half, 10, 4);
    CHECK(listen(bound, 1) == 0);
    s = inet_connect(bound);
    dup_of(bound, s);
    CHECK(fcntl(raw, F_GETFL) & O_NONBLOCK);
    at = inet_self(waits);
    connect(raw, (void *)&at, sizeof(at));
    CHECK_EQ(poll(&(struct pollfd){.fd = raw, .events = POLLOUT}, 1, 5000), 1);
    inet_send(raw, 10, 3);
    claim_reap(child);
    claim_pass();
}
