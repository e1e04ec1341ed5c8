/* Claim: a checkpoint while a pidfd is on its way in a socket is refused by
 * name, and it arrives. */
/* refusal: a descriptor on its way */
#include "claim.h"

#include <sys/socket.h>
#include <sys/syscall.h>

static void send_one(int socket, int fd)
{
    char byte = 'x', room[CMSG_SPACE(sizeof(fd))] = {0};
    struct iovec iov = {&byte, 1};
    struct msghdr m = {.msg_iov = &iov,
                       .msg_iovlen = 1,
                       .msg_control = room,
                       .msg_controllen = sizeof(room)};
    struct cmsghdr *c = CMSG_FIRSTHDR(&m);

    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(sizeof(fd));
    memcpy(CMSG_DATA(c), &fd, sizeof(fd));
    CHECK_EQ(sendmsg(socket, &m, 0), 1);
}

static int receive_one(int socket)
{
    char byte, room[CMSG_SPACE(sizeof(int))];
    struct iovec iov = {&byte, 1};
    struct msghdr m = {.msg_iov = &iov,
                       .msg_iovlen = 1,
                       .msg_control = room,
                       .msg_controllen = sizeof(room)};
    int fd;

    CHECK_EQ(recvmsg(socket, &m, 0), 1);
    CHECK(CMSG_FIRSTHDR(&m));
    memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&m)), sizeof(fd));
    return fd;
}

int main(void)
{
    int s[2], fd = (int)syscall(SYS_pidfd_open, getpid(), 0);

    CHECK(fd >= 0 && !socketpair(AF_UNIX, SOCK_STREAM, 0, s));
    send_one(s[0], fd);
    claim_ready();
    claim_wait();
    BREAK(close(s[0]); close(s[1]));
    CHECK_EQ(syscall(SYS_pidfd_send_signal, receive_one(s[1]), 0, NULL, 0), 0);
    claim_pass();
}
