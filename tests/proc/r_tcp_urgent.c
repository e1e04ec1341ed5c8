/* Claim: a checkpoint of a program with urgent data on a TCP connection is
 * refused by name, and the program goes on with it unharmed. */
/* refusal: urgent data */
#include "inet.h"

int main(void)
{
    int s[2];
    char c;

    inet_pair(AF_INET, s);
    inet_send(s[0], 100, 1);
    CHECK(send(s[0], "!", 1, MSG_OOB) == 1);
    inet_send(s[0], 100, 2);
    claim_ready();
    claim_wait();
    BREAK(CHECK(recv(s[1], &c, 1, MSG_OOB) == 1));
    CHECK(recv(s[1], &c, 1, MSG_OOB) == 1 && c == '!');
    inet_expect(s[1], 100, 1);
    inet_expect(s[1], 100, 2);
    CHECK_EQ(inet_option(s[1], SOL_SOCKET, SO_OOBINLINE), 0);
    claim_pass();
}
