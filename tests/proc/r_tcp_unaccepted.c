/* Claim: a checkpoint of a program with data on a TCP connection that nobody
 * has accepted yet is refused by name, and the program goes on unharmed. */
/* refusal: descriptor 9.*sent data to 127.0.0.1:[0-9]+.*not accepted */
#include "inet.h"

int main(void)
{
    int l = inet_listen(AF_INET, 5), c = inet_connect(l), s;

    CHECK(dup2(c, 9) == 9 && close(c) == 0);
    inet_send(9, 1000, 1);
    claim_ready();
    claim_wait();
    BREAK(inet_send(9, 1, 1); close(9));
    s = accept(l, NULL, NULL);
    CHECK(s >= 0);
    inet_expect(s, 1000, 1);
    CHECK(recv(s, &l, 1, MSG_DONTWAIT) < 0 && errno == EAGAIN);
    claim_pass();
}
