/*
 * epoll.c - puts one item into an epoll set.
 *
 * A set knows what it watches by description and number, so the number is
 * lent for this and given back as it was. It is done in a process that has
 * the set: a signalfd in it waits for the signals of who added it.
 */
#include <fcntl.h>
#include <sys/epoll.h>

#include "lib/sys/syscall.h"
#include "restart/blob/blob.h"
#include "restart/ops.h"

static long change(int how, const struct ck_op_epoll *op, long set,
                   uint32_t events)
{
    struct epoll_event ev = {.events = events, .data.u64 = op->data};

    return sys4(SYS_epoll_ctl, set, how, op->fd, &ev);
}

/* An item that has fired once has no events, only the way to wait. The kernel
 * adds errors and hang-ups when it is put in; so it is made to fire again.
 * There are none but such items in the set so far. */
static long add_fired(const struct ck_op_epoll *op, long set)
{
    struct epoll_event ev;
    int fired = 0;
    long r = change(EPOLL_CTL_ADD, op, set,
                    op->events | EPOLLIN | EPOLLOUT | EPOLLRDHUP);

    while (r >= 0) {
        r = sys6(SYS_epoll_pwait, set, &ev, 1, 0, 0, 0);
        if (r <= 0)
            break;
        fired |= ev.data.u64 == op->data;
    }
    if (r >= 0 && !fired)
        r = change(EPOLL_CTL_MOD, op, set, op->events);
    return r;
}

long ck_blob_epoll(const struct ck_op_epoll *op)
{
    long flags = sys2(SYS_fcntl, op->fd, F_GETFD), lent = -1, r = 0;
    long set = op->set;

    if (flags >= 0) {
        lent = sys3(SYS_fcntl, op->fd, F_DUPFD, 0);
        if (lent < 0)
            return lent;
    }
    if (op->fd == op->set)
        set = lent;
    if (op->fd != op->src)
        r = sys3(SYS_dup3, op->src, op->fd, 0);
    if (r >= 0)
        r = CK_EPOLL_FIRED(op->events)
                ? add_fired(op, set)
                : change(EPOLL_CTL_ADD, op, set, op->events);
    if (lent >= 0) {
        sys3(SYS_dup3, lent, op->fd, flags & FD_CLOEXEC ? O_CLOEXEC : 0);
        sys1(SYS_close, lent);
    } else {
        sys1(SYS_close, op->fd);
    }
    return r;
}
