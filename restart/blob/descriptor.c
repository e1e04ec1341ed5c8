/*
 * descriptor.c - what a process does with a descriptor of its own: opening
 * files of processes in /proc, saying who gets its signals; how many it may
 * have.
 *
 * Those who share a file in /proc have a socket in its place, which is
 * connected to itself. One opens the file when the process is there that it
 * belongs to, and sends it; all others look at the message, which stays there
 * until the last of them has closed the socket.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "lib/image/handoff.h"
#include "lib/sys/fmt.h"
#include "lib/sys/syscall.h"
#include "restart/blob/blob.h"
#include "restart/ops.h"

static struct ck_handoff_notify notify[CK_HANDOFF_NOTIFY];
static uint32_t notify_count;

#define PATH_LEN 160

union passed {
    char room[CMSG_SPACE(sizeof(int))];
    struct cmsghdr h;
};

static long send_over(int socket, int fd)
{
    union passed c;
    struct iovec v = {"", 1};
    struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1, .msg_control = &c,
                       .msg_controllen = sizeof(c)};

    c.h.cmsg_level = SOL_SOCKET;
    c.h.cmsg_type = SCM_RIGHTS;
    c.h.cmsg_len = CMSG_LEN(sizeof(int));
    __builtin_memcpy(CMSG_DATA(&c.h), &fd, sizeof(fd));
    return sys3(SYS_sendmsg, socket, &m, MSG_DONTWAIT);
}

static long take_from(int socket, uint32_t limit_ms)
{
    struct pollfd p = {.fd = socket, .events = POLLIN};
    struct timespec limit = {limit_ms / 1000, limit_ms % 1000 * 1000000};
    union passed c;
    char byte;
    struct iovec v = {&byte, 1};
    struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1, .msg_control = &c,
                       .msg_controllen = sizeof(c)};
    long r;
    int fd;

    do /* the kernel counts the limit down */
        r = sys5(SYS_ppoll, &p, 1, &limit, 0, 8);
    while (r == -EINTR);
    if (r <= 0)
        return r < 0 ? r : -ETIMEDOUT;
    r = sys3(SYS_recvmsg, socket, &m, MSG_PEEK | MSG_DONTWAIT);
    if (r < 0)
        return r;
    if (m.msg_controllen < CMSG_LEN(sizeof(int)))
        return -EPROTO;
    __builtin_memcpy(&fd, CMSG_DATA(&c.h), sizeof(fd));
    return fd;
}

static long open_file(const struct ck_op_file *op, int32_t real)
{
    char path[PATH_LEN];
    long fd;
    int n = op->first ? ck_fmt(path, sizeof(path), "/proc/%d/task/%d%s", real,
                               real, op->path)
                      : ck_fmt(path, sizeof(path), "/proc/%d%s", real,
                               op->path);

    fd = n < 0 ? n : sys4(SYS_openat, AT_FDCWD, path, op->flags, 0);
    if (fd >= 0 && op->pos)
        sys3(SYS_lseek, fd, op->pos, SEEK_SET);
    return fd;
}

static void put_at(long fd, uint32_t dst)
{
    if (fd == (long)dst)
        return;
    sys3(SYS_dup3, fd, dst, 0);
    sys1(SYS_close, fd);
}

long ck_blob_open(const struct ck_op_open *op)
{
    long fd = sys4(SYS_openat, AT_FDCWD, op->path, op->flags, 0);

    if (fd < 0)
        return fd;
    put_at(fd, op->dst);
    return 0;
}

long ck_blob_file(const struct ck_op_file *op, int32_t real, uint32_t limit_ms)
{
    long fd = op->share == 2 ? take_from((int)op->dst, limit_ms)
                             : open_file(op, real), r = 0;

    if (fd < 0)
        return fd;
    if (op->share == 1)
        r = send_over((int)op->dst, (int)fd);
    put_at(fd, op->dst);
    return r < 0 ? r : 0;
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
