/* Claim: a checkpoint of a program with a pidfd of a thread is refused by
 * name, and the program goes on with it unharmed. */
/* refusal: descriptor [0-9]+.*pidfd of thread */
#include "claim.h"

#include <sys/syscall.h>

#define OF_THREAD O_EXCL /* PIDFD_THREAD, Linux 6.9 */

int main(void)
{
    int fd = (int)syscall(SYS_pidfd_open, getpid(), OF_THREAD);

    if (fd < 0)
        claim_skip("no pidfds of threads here");
    claim_ready();
    claim_wait();
    BREAK(close(fd));
    CHECK_EQ(syscall(SYS_pidfd_send_signal, fd, 0, NULL, 0), 0);
    claim_pass();
}
