/* Claim: the options of TCP sockets come back: those that listen, those that
 * are connected, those that are neither. */
#include "inet.h"

static const struct {
    int level, name, value, back;
} ints[] = {
    {IPPROTO_TCP, TCP_NODELAY, 1, 1},
    {IPPROTO_TCP, TCP_KEEPIDLE, 77, 77},
    {IPPROTO_TCP, TCP_KEEPINTVL, 7, 7},
    {IPPROTO_TCP, TCP_KEEPCNT, 5, 5},
    {IPPROTO_TCP, TCP_SYNCNT, 3, 3},
    {IPPROTO_TCP, TCP_USER_TIMEOUT, 12345, 12345},
    {IPPROTO_TCP, TCP_NOTSENT_LOWAT, 4096, 4096},
    {SOL_SOCKET, SO_KEEPALIVE, 1, 1},
    {SOL_SOCKET, SO_OOBINLINE, 1, 1},
    {SOL_SOCKET, SO_SNDBUF, 50000, 100000},
    {SOL_SOCKET, SO_RCVBUF, 60000, 120000},
    {SOL_SOCKET, SO_RCVLOWAT, 3, 3},
    {IPPROTO_IP, IP_TOS, 0x10, 0x10},
    {IPPROTO_IP, IP_TTL, 33, 33},
};
#define COUNT (sizeof(ints) / sizeof(ints[0]))

int main(void)
{
    struct timeval t = {3, 500000}, got;
    struct linger l = {1, 9}, have;
    int s[5], on[] = {0, 0, 0, 1, 1};
    socklen_t n = sizeof(got), m = sizeof(have);

    inet_pair(AF_INET, s);
    s[2] = inet_listen(AF_INET, 1);
    s[3] = inet_bound(AF_INET, SOCK_STREAM);
    s[4] = socket(AF_INET, SOCK_STREAM, 0);
    for (int i = 0; i < 5; i++) {
        for (size_t k = 0; k < COUNT; k++)
            inet_set(s[i], ints[k].level, ints[k].name, ints[k].value);
        inet_set(s[i], SOL_SOCKET, SO_REUSEADDR, on[i]);
        inet_set(s[i], SOL_SOCKET, SO_REUSEPORT, on[i]);
        CHECK(!setsockopt(s[i], SOL_SOCKET, SO_RCVTIMEO, &t, sizeof(t)));
        CHECK(!setsockopt(s[i], SOL_SOCKET, SO_LINGER, &l, sizeof(l)));
    }
    inet_send(s[0], 100, 1);
    claim_ready();
    claim_wait();
    BREAK(inet_set(s[1], IPPROTO_TCP, TCP_NODELAY, 0));
    for (int i = 0; i < 5; i++) {
        for (size_t k = 0; k < COUNT; k++)
            CHECK_EQ(inet_option(s[i], ints[k].level, ints[k].name),
                     ints[k].back);
        CHECK_EQ(inet_option(s[i], SOL_SOCKET, SO_REUSEADDR), on[i]);
        CHECK_EQ(inet_option(s[i], SOL_SOCKET, SO_REUSEPORT), on[i]);
        CHECK(!getsockopt(s[i], SOL_SOCKET, SO_RCVTIMEO, &got, &n));
        CHECK(got.tv_sec == 3 && got.tv_usec == 500000);
        CHECK(!getsockopt(s[i], SOL_SOCKET, SO_LINGER, &have, &m));
        CHECK(have.l_onoff == 1 && have.l_linger == 9);
    }
    inet_expect(s[1], 100, 1);
    claim_pass();
}
