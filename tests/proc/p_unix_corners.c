/* Claim: what is rarer with Unix sockets survives too: a reset that was not
 * reported, two datagram sockets connected to each other by name, a server
 * that has taken over the path of an older one, names that the kernel chose,
 * a relative path, a listening socket that only a message holds, a socket
 * that is bound in a directory and renamed. */
#include "claim.h"

#include <stddef.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#define HEAD offsetof(struct sockaddr_un, sun_path)

struct name {
    struct sockaddr_un a;
    socklen_t n;
};

static struct name path(const char *p)
{
    struct name n = {{.sun_family = AF_UNIX}, sizeof(n.a)};

    strcpy(n.a.sun_path, p);
    return n;
}

static int bound(int type, const struct name *n)
{
    int fd = socket(AF_UNIX, type, 0);

    unlink(n->a.sun_path);
    CHECK(bind(fd, (const void *)&n->a, n->n) == 0);
    CHECK(type == SOCK_DGRAM || listen(fd, 4) == 0);
    return fd;
}

static int to(int type, const struct name *n)
{
    int fd = socket(AF_UNIX, type, 0);

    CHECK(connect(fd, (const void *)&n->a, n->n) == 0);
    return fd;
}

static struct name name_of(int fd)
{
    struct name n = {.n = sizeof(n.a)};

    CHECK(getsockname(fd, (void *)&n.a, &n.n) == 0);
    return n;
}

static void talk(int from, int fd, const char *text)
{
    char got[32] = "";

    if (from >= 0)
        CHECK_EQ(send(from, text, strlen(text), 0), (ssize_t)strlen(text));
    CHECK_EQ(recv(fd, got, sizeof(got), MSG_DONTWAIT), (ssize_t)strlen(text));
    CHECK(!strcmp(got, text));
}

static void hand_over(int to_fd, int fd)
{
    union {
        char room[CMSG_SPACE(sizeof(int))];
        struct cmsghdr h;
    } c = {.h = {.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS,
                 .cmsg_len = CMSG_LEN(sizeof(int))}};
    struct iovec v = {"l", 1};
    struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1, .msg_control = &c,
                       .msg_controllen = sizeof(c)};

    memcpy(CMSG_DATA(&c.h), &fd, sizeof(fd));
    CHECK_EQ(sendmsg(to_fd, &m, 0), 1);
}

static int take_over(int fd)
{
    union {
        char room[CMSG_SPACE(sizeof(int))];
        struct cmsghdr h;
    } c;
    char b;
    struct iovec v = {&b, 1};
    struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1, .msg_control = &c,
                       .msg_controllen = sizeof(c)};
    int got;

    CHECK_EQ(recvmsg(fd, &m, 0), 1);
    memcpy(&got, CMSG_DATA(&c.h), sizeof(got));
    return got;
}

int main(void)
{
    struct name p = path(claim_path("p")), a = path(claim_path("a")),
                b = path(claim_path("b")), old, rel, own;
    int reset[2], da, db, l1, l2, c1, s1, c2, s2, r, au, pass[2], l3, moved;
    char c, here[4096];

    CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, reset) == 0);
    CHECK_EQ(send(reset[1], "lost", 4, 0), 4);
    close(reset[0]);
    da = bound(SOCK_DGRAM, &a);
    db = bound(SOCK_DGRAM, &b);
    CHECK(connect(da, (void *)&b.a, b.n) == 0);
    CHECK(connect(db, (void *)&a.a, a.n) == 0);
    CHECK_EQ(send(da, "to b", 4, 0), 4);
    CHECK_EQ(send(db, "to a", 4, 0), 4);
    l1 = bound(SOCK_STREAM, &p);
    c1 = to(SOCK_STREAM, &p);
    s1 = accept(l1, NULL, NULL);
    l2 = bound(SOCK_STREAM, &p); /* the first has lost its file */
    c2 = to(SOCK_STREAM, &p);
    s2 = accept(l2, NULL, NULL);
    old = name_of(l1);
    au = socket(AF_UNIX, SOCK_DGRAM, 0);
    CHECK(bind(au, (void *)&a.a, HEAD) == 0);
    own = name_of(au);
    CHECK(getcwd(here, sizeof(here)) && chdir(claim_path("")) == 0);
    rel = path("relative");
    r = bound(SOCK_STREAM, &rel);
    moved = bound(SOCK_STREAM, &(struct name){{AF_UNIX, "m.new"}, HEAD + 6});
    CHECK(rename("m.new", "m") == 0);
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, pass) == 0);
    l3 = bound(SOCK_STREAM, &(struct name){{AF_UNIX, "held"}, HEAD + 5});
    hand_over(pass[0], l3);
    close(l3);
    claim_ready();
    claim_wait();
    BREAK(close(r));
    CHECK(recv(reset[1], &c, 1, MSG_DONTWAIT) < 0 && errno == ECONNRESET);
    CHECK_EQ(recv(reset[1], &c, 1, MSG_DONTWAIT), 0);
    talk(-1, db, "to b");
    talk(-1, da, "to a");
    talk(da, db, "on");
    talk(db, da, "and on");
    talk(c1, s1, "old");
    talk(s2, c2, "new");
    CHECK(name_of(l1).n == old.n && name_of(s1).n == old.n);
    CHECK(name_of(l2).n == old.n && name_of(s2).n == old.n);
    c2 = to(SOCK_STREAM, &p);
    talk(c2, accept(l2, NULL, NULL), "newer");
    CHECK(name_of(au).n == own.n);
    CHECK(!memcmp(name_of(au).a.sun_path, own.a.sun_path, own.n - HEAD));
    c1 = to(SOCK_DGRAM, &own);
    talk(c1, au, "by its own name");
    c1 = to(SOCK_STREAM, &rel);
    talk(c1, accept(r, NULL, NULL), "relative");
    c1 = to(SOCK_STREAM, &(struct name){{AF_UNIX, "m"}, HEAD + 2});
    talk(c1, accept(moved, NULL, NULL), "moved");
    l3 = take_over(pass[1]);
    c1 = to(SOCK_STREAM, &(struct name){{AF_UNIX, "held"}, HEAD + 5});
    talk(c1, accept(l3, NULL, NULL), "held");
    claim_pass();
}
