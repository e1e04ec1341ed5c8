/*
 * descriptor.c - what a process does with a descriptor of its own: opening
 * what only it can, saying who gets its signals; how many it may have.
 */
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "lib/image/handoff.h"
#include "lib/sys/syscall.h"
#include "restart/blob/blob.h"
#include "restart/ops.h"

static struct ck_handoff_notify notify[CK_HANDOFF_NOTIFY];
static uint32_t notify_count;

long ck_blob_open(const struct ck_op_open *op)
{
    long fd = sys4(SYS_openat, AT_FDCWD, op->path, op->flags, 0);

    if (fd < 0)
        return fd;
    if (op->pos)
        sys3(SYS_lseek, fd, op->pos, SEEK_SET);
    if (fd != (long)op->dst) {
        sys3(SYS_dup3, fd, op->dst, 0);
        sys1(SYS_close, fd);
    }
    return 0;
}

/* A signal tells the number through which O_ASYNC was switched on. */
void ck_blob_owner(const struct ck_op_owner *op, int32_t real)
{
    long flags = sys3(SYS_fcntl, op->fd, F_GETFL, 0);
    struct {
        int32_t type, pid;
    } owner = {op->type, real};

    if (real)
        sys3(SYS_fcntl, op->fd, F_SETOWN_EX, &owner);
    if (op->sig)
        sys3(SYS_fcntl, op->fd, F_SETSIG, op->sig);
    if (!op->async || flags < 0)
        return;
    sys3(SYS_fcntl, op->fd, F_SETFL, flags & ~O_ASYNC);
    sys3(SYS_fcntl, op->fd, F_SETFL, flags | O_ASYNC);
}

void ck_blob_limit(const struct ck_op_limit *op)
{
    struct rlimit lim;

    if (sys4(SYS_prlimit64, 0, RLIMIT_NOFILE, 0, &lim) < 0)
        return;
    lim.rlim_cur = op->nofile < lim.rlim_max ? op->nofile : lim.rlim_max;
    sys4(SYS_prlimit64, 0, RLIMIT_NOFILE, &lim, 0);
}

/* A process has no more: that many its runtime can note. */
void ck_blob_notify(const struct ck_op_notify *op)
{
    if (notify_count < CK_HANDOFF_NOTIFY)
        notify[notify_count++] = (struct ck_handoff_notify){
            op->value, (int32_t)op->signo, (int32_t)op->how,
            (int32_t)op->fd, 0};
}

void ck_blob_notify_handoff(struct ck_handoff *h)
{
    h->notify_count = notify_count;
    for (uint32_t i = 0; i < notify_count; i++)
        h->notify[i] = notify[i];
}
