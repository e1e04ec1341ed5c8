/* Claim: TCP over IPv6 comes back, as do IPv4 connections of an IPv6 socket
 * that takes both, and IPV6_V6ONLY. */
#include "inet.h"

int main(void)
{
    int s[2], dual, only, c, a, waiting;
    struct sockaddr_in6 any = {.sin6_family = AF_INET6}, self;
    inet_name to, name;
    socklen_t n = sizeof(self);

    inet_pair(AF_INET6, s);
    inet_send(s[0], 5000, 1);
    only = socket(AF_INET6, SOCK_STREAM, 0);
    inet_set(only, IPPROTO_IPV6, IPV6_V6ONLY, 1);
    CHECK(!bind(only, (void *)&any, sizeof(any)) && !listen(only, 1));
    dual = socket(AF_INET6, SOCK_STREAM, 0);
    inet_set(dual, IPPROTO_IPV6, IPV6_V6ONLY, 0);
    CHECK(!bind(dual, (void *)&any, sizeof(any)) && !listen(dual, 5));
    CHECK(!getsockname(dual, (void *)&self, &n));
    n = inet_loopback(AF_INET, ntohs(self.sin6_port), &to);
    c = socket(AF_INET, SOCK_STREAM, 0);
    CHECK(!connect(c, (void *)&to, n));
    a = accept(dual, NULL, NULL);
    CHECK(a >= 0);
    inet_send(c, 6000, 2);
    inet_send(a, 7000, 3);
    waiting = socket(AF_INET, SOCK_STREAM, 0);
    CHECK(!connect(waiting, (void *)&to, n));
    name = inet_self(a);
    claim_ready();
    claim_wait();
    BREAK(shutdown(s[0], SHUT_WR); inet_expect(s[1], 1, 1));
    inet_expect(s[1], 5000, 1);
    inet_expect(a, 6000, 2);
    inet_expect(c, 7000, 3);
    CHECK(inet_same(inet_self(a), name));
    CHECK_EQ(inet_option(only, IPPROTO_IPV6, IPV6_V6ONLY), 1);
    CHECK_EQ(inet_option(dual, IPPROTO_IPV6, IPV6_V6ONLY), 0);
    a = accept(dual, NULL, NULL);
    inet_send(waiting, 10, 4);
    inet_expect(a, 10, 4);
    claim_pass();
}
