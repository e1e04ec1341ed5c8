/*
 * garbage.c - makes the kernel let go of what nobody can reach any more.
 *
 * A socket that lies only in queues of sockets which lie only in such queues
 * themselves is garbage when its processes have ended. The kernel looks for
 * that when some Unix socket is closed, and no sooner: until then a run that
 * was killed goes on holding names, ports and locks. So we make garbage of
 * our own, with the end of a pipe in it: when that is closed, all that was
 * there before has been found, and is closed in the same go. What lay in the
 * queues of that may be garbage in its turn.
 */
#include "lib/res/kind.h"

#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PATIENCE_MS 1000

/* Sends two descriptors over fd. */
static int send_both(int fd, const int both[2])
{
    _Alignas(struct cmsghdr) char room[CMSG_SPACE(2 * sizeof(int))] = {0};
    struct iovec v = {"", 1};
    struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1, .msg_control = room,
                       .msg_controllen = sizeof(room)};
    struct cmsghdr *h = CMSG_FIRSTHDR(&m);

    h->cmsg_level = SOL_SOCKET;
    h->cmsg_type = SCM_RIGHTS;
    h->cmsg_len = CMSG_LEN(2 * sizeof(int));
    memcpy(CMSG_DATA(h), both, 2 * sizeof(int));
    return sendmsg(fd, &m, MSG_DONTWAIT) < 0 ? -errno : 0;
}

int ck_res_collect(void)
{
    int s[2], p[2], rc;
    struct pollfd end = {.fd = -1};

    if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, s) < 0)
        return -errno;
    rc = pipe2(p, O_CLOEXEC) < 0 ? -errno : 0;
    if (!rc) {
        rc = send_both(s[1], (const int[]){s[0], p[1]});
        close(p[1]); /* first: its last close is to be the garbage's */
        end.fd = p[0];
    }
    close(s[0]); /* it is in its own queue, and nowhere else */
    close(s[1]);
    if (!rc && poll(&end, 1, PATIENCE_MS) != 1)
        rc = -ETIMEDOUT;
    if (end.fd >= 0)
        close(end.fd);
    return rc;
}
