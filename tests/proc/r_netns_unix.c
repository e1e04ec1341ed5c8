/* Claim: a checkpoint of a program with a Unix socket of another network
 * namespace is refused by name, and the program goes on with it. */
/* refusal: descriptor 9 is a Unix socket .*another network namespace */
#include "netns.h"

#include <sys/un.h>

int main(void)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX, .sun_path = "name"};

    netns_socket(AF_UNIX, SOCK_STREAM, 0, 9);
    claim_ready();
    claim_wait();
    BREAK(close(9));
    CHECK(bind(9, (void *)&a, sizeof(a)) == 0 && listen(9, 1) == 0);
    claim_pass();
}
