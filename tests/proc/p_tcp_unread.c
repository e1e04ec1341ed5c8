/* Claim: a TCP connection between two processes comes back with what each
 * has not read yet, under its names, and works in both directions. */
#include "inet.h"

#define DOWN 300000
#define UP 70001

int main(void)
{
    int s[2], p[2], go[2];
    inet_name self, peer;
    pid_t child;

    inet_pair(AF_INET, s);
    self = inet_self(s[0]);
    peer = inet_peer(s[0]);
    CHECK(pipe(p) == 0 && pipe(go) == 0);
    child = fork();
    if (child == 0) {
        close(s[0]);
        inet_send(s[1], DOWN, 1);
        claim_tell(p[1]);
        claim_hear(go[0]);
        inet_expect(s[1], UP, 2);
        inet_send(s[1], 1000, 3);
        CHECK(inet_same(inet_self(s[1]), peer));
        CHECK(inet_same(inet_peer(s[1]), self));
        CHECK(recv(s[1], p, 1, 0) == 0);
        _exit(0);
    }
    close(s[1]);
    inet_send(s[0], UP, 2);
    claim_hear(p[0]);
    claim_ready();
    claim_wait();
    BREAK(CHECK(recv(s[0], p, 1, 0) == 1 && !shutdown(s[0], SHUT_RD)));
    CHECK(inet_same(inet_self(s[0]), self));
    CHECK(inet_same(inet_peer(s[0]), peer));
    CHECK_EQ(fcntl(s[0], F_GETFL) & O_NONBLOCK, 0);
    claim_tell(go[1]);
    inet_expect(s[0], DOWN, 1);
    inet_expect(s[0], 1000, 3);
    close(s[0]);
    claim_reap(child);
    claim_pass();
}
