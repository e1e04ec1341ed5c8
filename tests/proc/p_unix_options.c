/* Claim: socket options are kept, and so is the place that a program peeks
 * at. */
#include "claim.h"

#include <sys/socket.h>
#include <sys/time.h>

static void set(int fd, int name, int v)
{
    CHECK(setsockopt(fd, SOL_SOCKET, name, &v, sizeof(v)) == 0);
}

static int get(int fd, int name)
{
    int v = -1;

    CHECK(getsockopt(fd, SOL_SOCKET, name, &v, &(socklen_t){sizeof(v)}) == 0);
    return v;
}

int main(void)
{
    struct timeval rcv = {3, 500000}, snd = {7, 0}, tv;
    char got[8] = "";
    int s[2], size;

    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, s) == 0);
    CHECK_EQ(write(s[1], "abcdef", 6), 6);
    set(s[0], SO_PASSCRED, 1);
    set(s[0], SO_SNDBUF, 30000);
    set(s[0], SO_RCVLOWAT, 3);
    set(s[0], SO_PEEK_OFF, 0);
    CHECK(setsockopt(s[0], SOL_SOCKET, SO_RCVTIMEO, &rcv, sizeof(rcv)) == 0);
    CHECK(setsockopt(s[1], SOL_SOCKET, SO_SNDTIMEO, &snd, sizeof(snd)) == 0);
    CHECK_EQ(recv(s[0], got, 2, MSG_PEEK), 2);
    size = get(s[0], SO_SNDBUF);
    claim_ready();
    claim_wait();
    BREAK(set(s[0], SO_PASSCRED, 0));
    CHECK_EQ(get(s[0], SO_PASSCRED), 1);
    CHECK_EQ(get(s[1], SO_PASSCRED), 0);
    CHECK_EQ(get(s[0], SO_SNDBUF), size);
    CHECK_EQ(get(s[0], SO_RCVLOWAT), 3);
    CHECK_EQ(get(s[0], SO_PEEK_OFF), 2);
    CHECK_EQ(get(s[1], SO_PEEK_OFF), -1);
    CHECK(getsockopt(s[0], SOL_SOCKET, SO_RCVTIMEO, &tv,
                     &(socklen_t){sizeof(tv)}) == 0);
    CHECK(tv.tv_sec == 3 && tv.tv_usec == 500000);
    CHECK(getsockopt(s[1], SOL_SOCKET, SO_SNDTIMEO, &tv,
                     &(socklen_t){sizeof(tv)}) == 0);
    CHECK(tv.tv_sec == 7 && tv.tv_usec == 0);
    CHECK_EQ(recv(s[0], got, 4, MSG_PEEK), 4);
    CHECK(!memcmp(got, "cdef", 4));
    CHECK_EQ(recv(s[0], got, 6, 0), 6);
    CHECK(!memcmp(got, "abcdef", 6));
    claim_pass();
}
