/* Claim: sockets that lie in each other's queues come back, with names, and
 * with a port and a lock that only a message holds. The kernel lets go of such
 * sockets late when their processes were killed: a restart does not take that
 * for others who have the names. */
#include "claim.h"

#include <arpa/inet.h>
#include <stddef.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/un.h>

static void bind_name(int fd, const char *which)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    int n = snprintf(a.sun_path + 1, sizeof(a.sun_path) - 1, "cycle-%s-%d",
                     which, getpid());

    CHECK(bind(fd, (void *)&a, (socklen_t)(offsetof(struct sockaddr_un,
                                                    sun_path) + 1 + n)) == 0);
}

static struct sockaddr_un name_of(int fd)
{
    struct sockaddr_un a = {0};
    socklen_t n = sizeof(a);

    CHECK(getsockname(fd, (void *)&a, &n) == 0);
    return a;
}

static void post(int via, int fd)
{
    union {
        char room[CMSG_SPACE(sizeof(int))];
        struct cmsghdr h;
    } c = {.h = {.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS,
                 .cmsg_len = CMSG_LEN(sizeof(int))}};
    struct iovec v = {"x", 1};
    struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1, .msg_control = &c,
                       .msg_controllen = sizeof(c)};

    memcpy(CMSG_DATA(&c.h), &fd, sizeof(fd));
    CHECK_EQ(sendmsg(via, &m, 0), 1);
}

static int get(int from)
{
    union {
        char room[CMSG_SPACE(sizeof(int))];
        struct cmsghdr h;
    } c;
    char got;
    struct iovec v = {&got, 1};
    struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1, .msg_control = &c,
                       .msg_controllen = sizeof(c)};
    int fd;

    CHECK_EQ(recvmsg(from, &m, MSG_DONTWAIT), 1);
    CHECK_EQ(c.h.cmsg_len, CMSG_LEN(sizeof(int)));
    memcpy(&fd, CMSG_DATA(&c.h), sizeof(fd));
    return fd;
}

static int listener(struct sockaddr_in *a)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    socklen_t n = sizeof(*a);

    *a = (struct sockaddr_in){.sin_family = AF_INET};
    a->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    CHECK(bind(fd, (void *)a, sizeof(*a)) == 0 && listen(fd, 4) == 0);
    CHECK(getsockname(fd, (void *)a, &n) == 0);
    return fd;
}

int main(void)
{
    int s[2], l, f, got, client;
    struct sockaddr_in at;
    struct sockaddr_un a, b;

    CHECK(socketpair(AF_UNIX, SOCK_DGRAM, 0, s) == 0);
    bind_name(s[0], "a");
    bind_name(s[1], "b");
    a = name_of(s[0]);
    b = name_of(s[1]);
    l = listener(&at);
    f = open(claim_path("locked"), O_RDWR | O_CREAT, 0600);
    CHECK(f >= 0 && flock(f, LOCK_EX) == 0);
    post(s[0], s[0]);
    post(s[0], s[1]);
    post(s[0], l);
    post(s[1], s[0]);
    post(s[1], s[1]);
    post(s[1], f);
    close(l);
    close(f);
    claim_ready();
    claim_wait();
    BREAK(get(s[1]));
    got = get(s[1]);
    CHECK(!memcmp(name_of(got).sun_path, a.sun_path, sizeof(a.sun_path)));
    got = get(s[1]);
    CHECK(!memcmp(name_of(got).sun_path, b.sun_path, sizeof(b.sun_path)));
    l = get(s[1]);
    client = socket(AF_INET, SOCK_STREAM, 0);
    CHECK(connect(client, (void *)&at, sizeof(at)) == 0);
    CHECK(accept(l, NULL, NULL) >= 0);
    close(get(s[0]));
    close(get(s[0]));
    get(s[0]); /* the lock's description */
    f = open(claim_path("locked"), O_RDWR);
    CHECK(f >= 0 && flock(f, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK);
    CHECK_EQ(send(s[0], "m", 1, 0), 1);
    claim_pass();
}
