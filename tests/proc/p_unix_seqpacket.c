/* Claim: a pair of seqpacket sockets keeps where messages begin and end, in
 * both directions. */
#include "claim.h"

#include <sys/socket.h>

static void message(int fd, const char *want)
{
    char got[64];

    CHECK_EQ(recv(fd, got, sizeof(got), MSG_DONTWAIT), (ssize_t)strlen(want));
    CHECK(!memcmp(got, want, strlen(want)));
}

int main(void)
{
    static char big[50000], got[60000];
    char c;
    int s[2];

    CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, s) == 0);
    CHECK_EQ(send(s[0], "one", 3, 0), 3);
    CHECK_EQ(send(s[0], "twenty", 6, 0), 6);
    claim_fill(big, sizeof(big), 5);
    CHECK_EQ(send(s[0], big, sizeof(big), 0), (ssize_t)sizeof(big));
    CHECK_EQ(send(s[0], "last", 4, 0), 4);
    CHECK_EQ(send(s[1], "back", 4, 0), 4);
    claim_ready();
    claim_wait();
    BREAK(recv(s[1], &c, 1, 0));
    message(s[1], "one");
    message(s[1], "twenty");
    CHECK_EQ(recv(s[1], got, sizeof(got), MSG_DONTWAIT), (ssize_t)sizeof(big));
    CHECK(claim_same(got, sizeof(big), 5));
    message(s[1], "last");
    CHECK(recv(s[1], &c, 1, MSG_DONTWAIT) < 0 && errno == EAGAIN);
    message(s[0], "back");
    close(s[0]);
    CHECK_EQ(recv(s[1], &c, 1, MSG_DONTWAIT), 0);
    claim_pass();
}
