/* Claim: sockets still know who is at the other end and who sent what is
 * unread, by the numbers that the program knows: of pairs, of connections,
 * of those that nobody has accepted, of a process that has ended; and new
 * messages say it too. */
#include "claim.h"

#include <sys/socket.h>
#include <sys/un.h>

static struct sockaddr_un addr = {.sun_family = AF_UNIX};

static pid_t peer_of(int fd)
{
    struct ucred uc = {0};

    CHECK(getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &uc,
                     &(socklen_t){sizeof(uc)}) == 0);
    CHECK(uc.uid == getuid() && uc.gid == getgid());
    return uc.pid;
}

static int client(void)
{
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    CHECK(connect(fd, (void *)&addr, sizeof(addr)) == 0);
    return fd;
}

union control {
    char room[CMSG_SPACE(sizeof(struct ucred))];
    struct cmsghdr h;
};

/* Reads this text, with credentials of pid. */
static void from(int fd, const char *text, pid_t pid)
{
    char got[64];
    struct iovec v = {got, sizeof(got)};
    union control c;
    struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1,
                       .msg_control = &c, .msg_controllen = sizeof(c)};
    struct ucred uc;

    CHECK_EQ(recvmsg(fd, &m, 0), (ssize_t)strlen(text));
    CHECK(!memcmp(got, text, strlen(text)));
    CHECK(CMSG_FIRSTHDR(&m) && c.h.cmsg_type == SCM_CREDENTIALS);
    memcpy(&uc, CMSG_DATA(&c.h), sizeof(uc));
    CHECK_EQ(uc.pid, pid);
    CHECK_EQ(uc.uid, getuid());
}

/* Sends with its own number said outright. */
static void say_who(int fd, const char *text)
{
    struct ucred uc = {getpid(), getuid(), getgid()};
    struct iovec v = {(void *)text, strlen(text)};
    union control c = {.h = {.cmsg_level = SOL_SOCKET,
                             .cmsg_type = SCM_CREDENTIALS,
                             .cmsg_len = CMSG_LEN(sizeof(uc))}};
    struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1,
                       .msg_control = &c, .msg_controllen = sizeof(c)};

    memcpy(CMSG_DATA(&c.h), &uc, sizeof(uc));
    CHECK_EQ(sendmsg(fd, &m, 0), (ssize_t)strlen(text));
}

int main(void)
{
    int l = socket(AF_UNIX, SOCK_STREAM, 0), a, p[2], q[2], go[2], on = 1;
    pid_t self = getpid(), gone, child;
    int up[2];

    strcpy(addr.sun_path, claim_path("server"));
    unlink(addr.sun_path);
    CHECK(bind(l, (void *)&addr, sizeof(addr)) == 0 && listen(l, 3) == 0);
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, p) == 0);
    CHECK(socketpair(AF_UNIX, SOCK_DGRAM, 0, q) == 0);
    CHECK(pipe(up) == 0 && pipe(go) == 0);
    CHECK(setsockopt(p[0], SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)) == 0);
    CHECK(setsockopt(q[0], SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)) == 0);
    gone = fork();
    if (gone == 0) {
        CHECK_EQ(send(q[1], "from one that ends", 18, 0), 18);
        _exit(0);
    }
    claim_reap(gone);
    child = fork();
    if (child == 0) {
        int c = client(), waits = client();

        CHECK_EQ(write(p[1], "child", 5), 5);
        claim_tell(up[1]);
        claim_hear(go[0]);
        CHECK_EQ(peer_of(c), self);
        CHECK_EQ(peer_of(waits), self);
        say_who(p[1], "said");
        _exit(0);
    }
    a = accept(l, NULL, NULL);
    claim_hear(up[0]);
    CHECK_EQ(write(p[1], "parent", 6), 6);
    CHECK_EQ(send(q[1], "a message", 9, 0), 9);
    claim_ready();
    claim_wait();
    BREAK(child = gone);
    CHECK_EQ(peer_of(a), child);
    CHECK_EQ(peer_of(p[0]), self);
    CHECK_EQ(peer_of(q[1]), self);
    from(p[0], "child", child);
    from(p[0], "parent", self);
    from(q[0], "from one that ends", gone);
    from(q[0], "a message", self);
    a = accept(l, NULL, NULL);
    CHECK_EQ(peer_of(a), child);
    claim_tell(go[1]);
    from(p[0], "said", child);
    say_who(q[1], "mine");
    from(q[0], "mine", self);
    claim_reap(child);
    claim_pass();
}
