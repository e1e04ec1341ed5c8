/* Claim: a checkpoint of a program with a signalfd is refused by name, and the
 * program goes on with it unharmed. */
/* refusal: descriptor [0-9]+.*signalfd */
#include "claim.h"
#include <sys/signalfd.h>

int main(void)
{
    struct signalfd_siginfo si;
    sigset_t s;
    int fd;

    sigemptyset(&s);
    sigaddset(&s, SIGUSR1);
    sigprocmask(SIG_BLOCK, &s, NULL);
    CHECK((fd = signalfd(-1, &s, 0)) >= 0);
    claim_ready();
    claim_wait();
    BREAK(close(fd));
    raise(SIGUSR1);
    CHECK(read(fd, &si, sizeof si) == sizeof si && si.ssi_signo == SIGUSR1);
    claim_pass();
}
