/* Claim: a checkpoint of a program with a context of kernel AIO is refused by
 * name, and the program goes on with it unharmed. */
/* refusal: kernel AIO \(io_setup\) */
#include "claim.h"

#include <linux/aio_abi.h>
#include <sys/syscall.h>

int main(void)
{
    static char text[512];
    aio_context_t ctx = 0;
    int fd = open(claim_path("f"), O_RDWR | O_CREAT, 0600);
    struct iocb cb = {.aio_fildes = (uint32_t)fd,
                      .aio_lio_opcode = IOCB_CMD_PWRITE,
                      .aio_buf = (uintptr_t)text,
                      .aio_nbytes = sizeof text};
    struct iocb *list[1] = {&cb};
    struct io_event ev;

    if (syscall(SYS_io_setup, 8, &ctx) < 0)
        claim_skip("no kernel AIO here");
    CHECK(fd >= 0);
    claim_ready();
    claim_wait();
    BREAK(syscall(SYS_io_destroy, ctx));
    CHECK_EQ(syscall(SYS_io_submit, ctx, 1, list), 1);
    CHECK_EQ(syscall(SYS_io_getevents, ctx, 1, 1, &ev, NULL), 1);
    CHECK_EQ(ev.res, sizeof text);
    claim_pass();
}
