/* Claim: each descriptor of a terminal is closed by exec if it was to be, and
 * no other; also where the description was opened with O_CLOEXEC by
 * TIOCGPTPEER, which the kernel shows with every descriptor of it then. */
#include "claim.h"

#include <pty.h>
#include <sys/ioctl.h>

enum { COUNT = 6 };
static const int number[COUNT] = {0, 30, 31, 32, 33, 2};
static const int closed[COUNT] = {0, 0, FD_CLOEXEC, FD_CLOEXEC, FD_CLOEXEC, 0};

static void put(int i, int from)
{
    CHECK(dup3(from, number[i], closed[i] ? O_CLOEXEC : 0) == number[i]);
}

int main(void)
{
    int m, s, err = fcntl(2, F_DUPFD_CLOEXEC, 50), peer;

    CHECK(openpty(&m, &s, NULL, NULL, NULL) == 0);
    peer = ioctl(m, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
    CHECK(peer >= 0 && fcntl(peer, F_GETFD) == FD_CLOEXEC);
    put(0, peer); /* standard input */
    put(1, s);
    put(2, s);
    put(3, m);
    put(4, peer);
    put(5, peer); /* and where errors would be written */
    claim_ready();
    claim_wait();
    BREAK(CHECK(fcntl(31, F_SETFD, 0) == 0));
    CHECK(dup2(err, 1) == 1);
    for (int i = 0; i < COUNT; i++) {
        if (fcntl(number[i], F_GETFD) == closed[i])
            continue;
        CHECK(dup2(err, 2) == 2);
        CHECK_EQ(number[i], -1);
    }
    CHECK(dup2(err, 2) == 2);
    claim_pass();
}
