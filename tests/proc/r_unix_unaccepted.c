/* Claim: a checkpoint of a program with a connection that nobody has accepted and
 * that has data already is refused by name, and the program goes on with it unharmed. */
/* refusal: has data and has not been accepted yet */
#include "claim.h"

#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>

int main(void)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    int l = socket(AF_UNIX, SOCK_STREAM, 0), c, s;
    char ch;

    snprintf(a.sun_path + 1, sizeof(a.sun_path) - 1, "unaccepted-%d",
             getpid());
    CHECK(bind(l, (void *)&a, sizeof(a)) == 0 && listen(l, 1) == 0);
    c = socket(AF_UNIX, SOCK_STREAM, 0);
    CHECK(connect(c, (void *)&a, sizeof(a)) == 0 && write(c, "x", 1) == 1);
    claim_ready();
    claim_wait();
    BREAK(close(l); l = -1);
    s = accept(l, NULL, NULL);
    CHECK(s >= 0 && read(s, &ch, 1) == 1 && ch == 'x');
    claim_pass();
}
