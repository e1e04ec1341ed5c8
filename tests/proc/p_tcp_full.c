/* Claim: a TCP connection whose window is full, with a writer blocked on it,
 * loses and repeats nothing; nor does one whose receiver has chosen a small
 * buffer, one whose sender holds a part back (TCP_CORK), one whose sender
 * has closed. */
#include "inet.h"

#define TOTAL (12 << 20)
#define CHUNK 65536

static size_t stuff(int s, unsigned seed)
{
    static char p[CHUNK];
    size_t at = 0;
    ssize_t k;

    claim_fill(p, sizeof(p), seed);
    fcntl(s, F_SETFL, O_NONBLOCK);
    while ((k = send(s, p, sizeof(p), 0)) == sizeof(p))
        at += (size_t)k;
    at += k > 0 ? (size_t)k : 0;
    fcntl(s, F_SETFL, 0);
    return at;
}

static void expect(int s, size_t n, unsigned seed)
{
    for (size_t at = 0; at < n; at += CHUNK)
        inet_expect(s, n - at < CHUNK ? n - at : CHUNK, seed);
}

int main(void)
{
    int s[2], small[2], cork[2], gone[2], unsent = 0;
    size_t in_small, in_gone;
    pid_t child;
    char c;

    inet_pair(AF_INET, s);
    inet_pair(AF_INET, small);
    inet_pair(AF_INET, cork);
    inet_pair(AF_INET, gone);
    inet_set(small[1], SOL_SOCKET, SO_RCVBUF, 3000);
    inet_set(small[0], SOL_SOCKET, SO_SNDBUF, 10000);
    in_small = stuff(small[0], 2);
    inet_set(cork[0], IPPROTO_TCP, TCP_CORK, 1);
    inet_send(cork[0], 100, 3);
    in_gone = stuff(gone[0], 4);
    CHECK(close(gone[0]) == 0);
    child = fork();
    if (child == 0) {
        inet_send(s[0], TOTAL, 1);
        _exit(0);
    }
    do
        CHECK(ioctl(s[0], SIOCOUTQ, &unsent) == 0);
    while (unsent < (1 << 20));
    claim_ready();
    claim_wait();
    BREAK(CHECK(recv(s[1], &c, 1, 0) == 1 && !shutdown(s[1], SHUT_RD)));
    inet_expect(s[1], TOTAL, 1);
    claim_reap(child);
    CHECK_EQ(inet_option(small[1], SOL_SOCKET, SO_RCVBUF), 6000);
    expect(small[1], in_small, 2);
    CHECK_EQ(recv(small[1], &c, 1, MSG_DONTWAIT), -1);
    inet_expect(cork[1], 100, 3);
    CHECK_EQ(inet_option(cork[0], IPPROTO_TCP, TCP_CORK), 1);
    CHECK_EQ(inet_option(cork[0], IPPROTO_TCP, TCP_NODELAY), 0);
    expect(gone[1], in_gone, 4);
    CHECK_EQ(recv(gone[1], &c, 1, 0), 0);
    claim_pass();
}
