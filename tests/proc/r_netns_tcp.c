/* Claim: a checkpoint of a program with a TCP socket of another network
 * namespace is refused by name, and the program goes on with it. */
/* refusal: descriptor 9 is a TCP socket of another network namespace */
#include "netns.h"

#include <netinet/in.h>

int main(void)
{
    struct sockaddr_in a = {.sin_family = AF_INET};

    netns_socket(AF_INET, SOCK_STREAM, 0, 9);
    claim_ready();
    claim_wait();
    BREAK(close(9));
    CHECK(bind(9, (void *)&a, sizeof(a)) == 0 && listen(9, 1) == 0);
    claim_pass();
}
