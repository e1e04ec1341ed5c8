/* Claim: sockets with abstract names go on: one that listens, one that was
 * accepted from it, a client with a name of its own, a seqpacket one whose
 * listener has closed. */
#include "claim.h"

#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>

struct name {
    struct sockaddr_un a;
    socklen_t n;
};

static struct name name(const char *text)
{
    struct name n = {.a = {.sun_family = AF_UNIX}};
    int k = snprintf(n.a.sun_path + 1, sizeof(n.a.sun_path) - 1, "%s-%d", text,
                     getpid());

    n.n = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)k);
    return n;
}

static int listener(int type, const struct name *n)
{
    int fd = socket(AF_UNIX, type, 0);

    CHECK(bind(fd, (void *)&n->a, n->n) == 0 && listen(fd, 2) == 0);
    return fd;
}

static int client(int type, const struct name *n)
{
    int fd = socket(AF_UNIX, type, 0);

    CHECK(connect(fd, (void *)&n->a, n->n) == 0);
    return fd;
}

static void named(int fd, int peer, const struct name *want)
{
    struct sockaddr_un a;
    socklen_t n = sizeof(a);

    CHECK((peer ? getpeername : getsockname)(fd, (void *)&a, &n) == 0);
    CHECK_EQ(n, want ? want->n : offsetof(struct sockaddr_un, sun_path));
    CHECK(!want || !memcmp(&a, &want->a, n));
}

static void talk(int from, int to)
{
    char c = 0;

    CHECK_EQ(send(from, "x", 1, 0), 1);
    CHECK_EQ(recv(to, &c, 1, 0), 1);
    CHECK_EQ(c, 'x');
}

int main(void)
{
    struct name server = name("server"), own = name("own"), old = name("old");
    int l = listener(SOCK_STREAM, &server), c1, c2, s1, s2, k, c3, s3;
    char c;

    c1 = client(SOCK_STREAM, &server);
    s1 = accept(l, NULL, NULL);
    c2 = socket(AF_UNIX, SOCK_STREAM, 0);
    CHECK(bind(c2, (void *)&own.a, own.n) == 0);
    CHECK(connect(c2, (void *)&server.a, server.n) == 0);
    s2 = accept(l, NULL, NULL);
    k = listener(SOCK_SEQPACKET, &old);
    c3 = client(SOCK_SEQPACKET, &old);
    s3 = accept(k, NULL, NULL);
    close(k);
    CHECK_EQ(send(c3, "record", 6, 0), 6);
    claim_ready();
    claim_wait();
    BREAK(close(l));
    talk(c1, s1);
    talk(s1, c1);
    talk(c2, s2);
    talk(s2, c2);
    named(c1, 0, NULL);
    named(c1, 1, &server);
    named(s1, 0, &server);
    named(s1, 1, NULL);
    named(c2, 0, &own);
    named(s2, 1, &own);
    named(s3, 0, &old);
    named(c3, 1, &old);
    CHECK_EQ(recv(s3, &c, 1, MSG_TRUNC), 6);
    c1 = client(SOCK_STREAM, &server);
    s1 = accept(l, NULL, NULL);
    talk(c1, s1);
    k = listener(SOCK_SEQPACKET, &old); /* the name is free, as it was */
    claim_pass();
}
