/* Claim: a checkpoint of a program with a userfaultfd is refused by name, and
 * the program goes on with it unharmed. */
/* refusal: descriptor [0-9]+.*userfaultfd */
#include "claim.h"

#include <linux/userfaultfd.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>

int main(void)
{
    int fd = (int)syscall(SYS_userfaultfd, UFFD_USER_MODE_ONLY);
    struct uffdio_api api = {.api = UFFD_API};

    if (fd < 0)
        claim_skip("no userfaultfd here");
    claim_ready();
    claim_wait();
    BREAK(close(fd));
    CHECK_EQ(ioctl(fd, UFFDIO_API, &api), 0);
    claim_pass();
}
