/* Claim: a packet mode status that was not read yet can't be looked at without
 * taking it away: refused, and it is still there. */
/* refusal: packet mode whose status was not read */
#include "claim.h"

#include <pty.h>
#include <sys/ioctl.h>
#include <termios.h>

int main(void)
{
    int m, s;
    char c[2];

    CHECK(openpty(&m, &s, NULL, NULL, NULL) == 0);
    CHECK(ioctl(m, TIOCPKT, &(int){1}) == 0);
    CHECK(tcflush(s, TCOFLUSH) == 0);
    claim_ready();
    claim_wait();
    BREAK(tcflush(s, TCIFLUSH)); /* one more */
    CHECK(read(m, c, 2) == 1 && c[0] == TIOCPKT_FLUSHWRITE);
    claim_pass();
}
