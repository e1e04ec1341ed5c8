/* Claim: TCP connections of which one direction is over, at either end or at
 * both, come back so, with what was unread; as does one whose peer has
 * reset it. */
#include "inet.h"

static int ended(int s)
{
    char c;

    return recv(s, &c, 1, MSG_DONTWAIT) == 0;
}

static int no_write(int s)
{
    return send(s, "x", 1, MSG_NOSIGNAL) < 0 && errno == EPIPE;
}

int main(void)
{
    int a[2], b[2], both[2], rd[2], gone[2], reset[2], dead[2];
    struct linger now = {.l_onoff = 1};

    inet_pair(AF_INET, a); /* the client has said all */
    inet_send(a[0], 1000, 1);
    CHECK(shutdown(a[0], SHUT_WR) == 0);
    inet_pair(AF_INET, b); /* the server has */
    inet_send(b[1], 1001, 2);
    CHECK(shutdown(b[1], SHUT_WR) == 0);
    inet_pair(AF_INET, both);
    inet_send(both[0], 1002, 3);
    inet_send(both[1], 1003, 4);
    CHECK(!shutdown(both[0], SHUT_WR) && !shutdown(both[1], SHUT_WR));
    inet_pair(AF_INET, rd);
    CHECK(shutdown(rd[0], SHUT_RD) == 0);
    inet_pair(AF_INET, gone);
    inet_send(gone[1], 1004, 5);
    CHECK(close(gone[1]) == 0);
    inet_pair(AF_INET, reset);
    CHECK(!setsockopt(reset[1], SOL_SOCKET, SO_LINGER, &now, sizeof(now)));
    CHECK(close(reset[1]) == 0);
    inet_pair(AF_INET, dead);
    CHECK(!shutdown(dead[0], SHUT_WR) && !close(dead[1]));
    claim_ready();
    claim_wait();
    BREAK(shutdown(a[1], SHUT_WR));
    inet_expect(a[1], 1000, 1);
    CHECK(ended(a[1]) && no_write(a[0]));
    inet_send(a[1], 2000, 6);
    inet_expect(a[0], 2000, 6);
    inet_expect(b[0], 1001, 2);
    CHECK(ended(b[0]) && no_write(b[1]));
    inet_send(b[0], 2001, 7);
    inet_expect(b[1], 2001, 7);
    inet_expect(both[1], 1002, 3);
    inet_expect(both[0], 1003, 4);
    CHECK(ended(both[0]) && ended(both[1]));
    CHECK(no_write(both[0]) && no_write(both[1]));
    CHECK(ended(rd[0]));
    inet_send(rd[0], 10, 8);
    inet_expect(rd[1], 10, 8);
    inet_expect(gone[0], 1004, 5);
    CHECK(ended(gone[0]));
    CHECK(recv(reset[0], &now, 1, MSG_DONTWAIT) < 0 && errno == ECONNRESET);
    CHECK(ended(reset[0]) && no_write(reset[0]));
    CHECK(ended(dead[0]) && no_write(dead[0]));
    claim_pass();
}
