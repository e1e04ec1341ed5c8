/*
 * h_inet_moved.c - connections by an address that the machine has before the
 * checkpoint, and not after the restart: all of them must work on loopback.
 *
 * argv[1] is the address.
 */
#include "inet.h"

#include <arpa/inet.h>

static int bound(const char *ip, int type)
{
    struct sockaddr_in a = {.sin_family = AF_INET};
    int s = socket(AF_INET, type, 0);

    CHECK(inet_pton(AF_INET, ip, &a.sin_addr) == 1);
    CHECK(bind(s, (void *)&a, sizeof(a)) == 0);
    return s;
}

int main(int argc, char **argv)
{
    int l, c, s, waiting, u, v;
    inet_name a, there;
    char buf[10];

    CHECK(argc == 2);
    l = bound(argv[1], SOCK_STREAM);
    u = bound(argv[1], SOCK_DGRAM);
    CHECK(listen(l, 5) == 0);
    c = inet_connect(l);
    s = accept(l, NULL, NULL);
    inet_send(c, 5000, 1);
    waiting = inet_connect(l);
    v = socket(AF_INET, SOCK_DGRAM, 0);
    there = inet_self(u);
    CHECK(connect(v, (void *)&there, sizeof(there)) == 0);
    CHECK(send(v, "one", 3, 0) == 3);
    claim_ready();
    claim_wait();
    a = inet_self(u);
    CHECK_EQ(ntohl(((struct sockaddr_in *)&a)->sin_addr.s_addr),
             INADDR_LOOPBACK);
    CHECK_EQ(((struct sockaddr_in *)&a)->sin_port,
             ((struct sockaddr_in *)&there)->sin_port);
    inet_expect(s, 5000, 1);
    inet_send(s, 5000, 2);
    inet_expect(c, 5000, 2);
    s = accept(l, NULL, NULL);
    inet_send(waiting, 100, 3);
    inet_expect(s, 100, 3);
    CHECK_EQ(recv(u, buf, sizeof(buf), 0), 3);
    CHECK(send(v, "four", 4, 0) == 4);
    CHECK_EQ(recv(u, buf, sizeof(buf), 0), 4);
    claim_pass();
}
