/*
 * fail.c - the one way out of a restart that cannot be completed: the reason
 * goes to the coordinator, which ends all other processes of it, or to
 * stderr when there is no connection, and this process ends. A coordinator
 * that has closed its connection has another reason already.
 */
#include <stdarg.h>

#include "lib/proto/client.h"
#include "lib/sys/fmt.h"
#include "lib/sys/syscall.h"
#include "restart/blob/blob.h"

_Noreturn void ck_blob_fail(int coord_fd, const char *fmt, ...)
{
    struct ck_msg_failed m = {.phase = CK_PHASE_RESTORE};
    char why[800];
    uint8_t buf[1024];
    va_list ap;

    va_start(ap, fmt);
    ck_vfmt(why, sizeof(why), fmt, ap);
    va_end(ap);
    m.reason = why;
    if (coord_fd >= 0) {
        CK_CLIENT_SEND(coord_fd, buf, sizeof(buf), failed, FAILED, &m);
    } else {
        ck_write_all(2, "ckpt: ", 6);
        ck_write_all(2, why, ck_strlen(why));
        ck_write_all(2, "\n", 1);
    }
    for (;;)
        sys1(SYS_exit_group, 1);
}
