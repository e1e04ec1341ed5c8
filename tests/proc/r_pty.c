/* Claim: a checkpoint of a program with a pseudo-terminal is refused by name, and the
 * program goes on with it unharmed. */
/* refusal: descriptor [0-9]+.*(pty|pts|ptmx|pseudo) */
#include "claim.h"
#include <pty.h>

int main(void)
{
    int m, s;
    char c;

    CHECK(openpty(&m, &s, NULL, NULL, NULL) == 0);
    claim_ready();
    claim_wait();
    BREAK(close(m));
    CHECK(write(m, "x\n", 2) == 2 && read(s, &c, 1) == 1 && c == 'x');
    claim_pass();
}
