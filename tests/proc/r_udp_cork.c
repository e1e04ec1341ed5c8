/* Claim: a checkpoint of a program with a part of a datagram is refused by
 * name, and the program goes on with it unharmed. */
/* refusal: UDP socket with a datagram that is not sent yet */
#include "inet.h"

int main(void)
{
    int to = inet_bound(AF_INET, SOCK_DGRAM), s = inet_bound(AF_INET, SOCK_DGRAM);
    inet_name a = inet_self(to);
    char buf[10];

    CHECK(connect(s, (void *)&a, sizeof(a)) == 0);
    CHECK_EQ(send(s, "one", 3, MSG_MORE), 3);
    claim_ready();
    claim_wait();
    BREAK(CHECK(send(s, "x", 1, 0) == 1));
    CHECK_EQ(send(s, "two", 3, 0), 3);
    CHECK_EQ(recv(to, buf, 10, 0), 6);
    CHECK(!memcmp(buf, "onetwo", 6));
    claim_pass();
}
