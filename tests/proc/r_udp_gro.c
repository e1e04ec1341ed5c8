/* Claim: a checkpoint of a program with UDP_GRO and unread datagrams is
 * refused by name, and the program finds them as they were sent. */
/* refusal: UDP socket with UDP_GRO and unread datagrams */
#include "inet.h"

#include <netinet/udp.h>

int main(void)
{
    int to = inet_bound(AF_INET, SOCK_DGRAM), s = inet_bound(AF_INET, SOCK_DGRAM);
    inet_name a = inet_self(to);
    char buf[4000];
    size_t n = 0;

    inet_set(to, IPPROTO_UDP, UDP_GRO, 1);
    inet_set(s, IPPROTO_UDP, UDP_SEGMENT, 500);
    CHECK(connect(s, (void *)&a, sizeof(a)) == 0);
    inet_send(s, 2000, 1);
    claim_ready();
    claim_wait();
    BREAK(CHECK(recv(to, buf, 500, 0) > 0));
    while (n < 2000) {
        ssize_t k = recv(to, buf + n, sizeof(buf) - n, MSG_DONTWAIT);

        CHECK(k > 0 && k % 500 == 0);
        n += (size_t)k;
    }
    CHECK(n == 2000 && claim_same(buf, n, 1));
    claim_pass();
}
