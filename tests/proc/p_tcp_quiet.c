/* Claim: nobody connects to a listener because of a checkpoint, although its
 * port has connections behind it that the kernel still keeps (TIME_WAIT). */
#include "claim.h"

#include <netinet/in.h>
#include <sys/socket.h>

int main(void)
{
    struct sockaddr_in a = {.sin_family = AF_INET,
                            .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int one = 1, l = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    socklen_t n = sizeof a;

    CHECK(setsockopt(l, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) == 0);
    CHECK(bind(l, (void *)&a, n) == 0 && listen(l, 8) == 0);
    CHECK(getsockname(l, (void *)&a, &n) == 0);
    for (int i = 0; i < 6; i++) {
        int c = socket(AF_INET, SOCK_STREAM, 0), s;
        char x;

        CHECK(c >= 0 && connect(c, (void *)&a, sizeof a) == 0);
        CHECK((s = accept(l, NULL, NULL)) >= 0);
        CHECK(close(s) == 0); /* the listener's side keeps it */
        CHECK(read(c, &x, 1) == 0 && close(c) == 0);
    }
    claim_ready();
    claim_wait();
    BREAK(CHECK(connect(socket(AF_INET, SOCK_STREAM, 0), (void *)&a, sizeof a) == 0));
    CHECK(accept(l, NULL, NULL) < 0);
    CHECK_EQ(errno, EAGAIN);
    claim_pass();
}
