/* Claim: a checkpoint of a program with a TCP socket that is connected to
 * itself is refused by name, and the program goes on with it unharmed. */
/* refusal: connected to itself */
#include "inet.h"

int main(void)
{
    int s = inet_bound(AF_INET, SOCK_STREAM);
    inet_name a = inet_self(s);

    CHECK(connect(s, (void *)&a, sizeof(a)) == 0);
    inet_send(s, 1000, 1);
    claim_ready();
    claim_wait();
    BREAK(shutdown(s, SHUT_WR));
    inet_send(s, 1000, 2);
    inet_expect(s, 1000, 1);
    inet_expect(s, 1000, 2);
    claim_pass();
}
