/* Claim: halves that were shut down stay so, with what is unread; an end
 * whose peer has closed reads what was left, and then the end, or the error
 * that was to come. */
#include "claim.h"

#include <poll.h>
#include <sys/socket.h>

static void reads(int fd, const char *want)
{
    char got[64];

    CHECK_EQ(recv(fd, got, strlen(want), MSG_DONTWAIT), (ssize_t)strlen(want));
    CHECK(!memcmp(got, want, strlen(want)));
}

static void ended(int fd)
{
    char c;

    CHECK_EQ(recv(fd, &c, 1, MSG_DONTWAIT), 0);
}

static void cannot_send(int fd, int error)
{
    CHECK(send(fd, "x", 1, MSG_NOSIGNAL) < 0);
    CHECK_EQ(errno, error);
}

static void pair(int type, int s[2])
{
    CHECK(socketpair(AF_UNIX, type, 0, s) == 0);
    CHECK_EQ(send(s[0], "unread", 6, 0), 6);
}

int main(void)
{
    int half[2], closed[2], reset[2], seq[2], dgram[2], gone[2];
    char c;

    pair(SOCK_STREAM, half);
    CHECK(shutdown(half[0], SHUT_WR) == 0);
    CHECK_EQ(send(half[1], "back", 4, 0), 4);
    pair(SOCK_STREAM, closed);
    close(closed[0]);
    pair(SOCK_STREAM, reset);
    CHECK_EQ(send(reset[1], "lost", 4, 0), 4);
    close(reset[0]);
    pair(SOCK_SEQPACKET, seq);
    close(seq[0]);
    pair(SOCK_DGRAM, dgram);
    CHECK(shutdown(dgram[1], SHUT_RD) == 0);
    pair(SOCK_DGRAM, gone);
    close(gone[0]);
    claim_ready();
    claim_wait();
    BREAK(recv(closed[1], &c, 1, 0));
    reads(half[1], "unread");
    ended(half[1]);
    cannot_send(half[0], EPIPE);
    reads(half[0], "back");
    CHECK_EQ(send(half[1], "on", 2, 0), 2);
    reads(half[0], "on");
    reads(closed[1], "unread");
    ended(closed[1]);
    cannot_send(closed[1], EPIPE);
    CHECK_EQ(poll(&(struct pollfd){.fd = reset[1]}, 1, 0), 1);
    reads(reset[1], "unread");
    CHECK(recv(reset[1], &c, 1, MSG_DONTWAIT) < 0 && errno == ECONNRESET);
    ended(reset[1]);
    reads(seq[1], "unread");
    ended(seq[1]);
    reads(dgram[1], "unread");
    cannot_send(dgram[0], EPIPE);
    CHECK_EQ(send(dgram[1], "y", 1, 0), 1);
    reads(dgram[0], "y");
    reads(gone[1], "unread");
    cannot_send(gone[1], ECONNREFUSED);
    claim_pass();
}
