/* Claim: datagram sockets keep their messages with their bounds, an empty
 * one too, who sent each (by a path, an abstract name, no name, one that has
 * closed), and whom they are connected to. */
#include "claim.h"

#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>

static struct sockaddr_un addr[4];
static socklen_t len[4];

/* abstract if the name begins with @ */
static int named(int i, const char *name)
{
    int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

    addr[i].sun_family = AF_UNIX;
    len[i] = (socklen_t)(offsetof(struct sockaddr_un, sun_path) +
                         strlen(name) + (name[0] != '@'));
    strcpy(addr[i].sun_path, name);
    if (name[0] == '@') {
        snprintf(addr[i].sun_path, sizeof(addr[i].sun_path), "@%d%s",
                 getpid(), name);
        len[i] = (socklen_t)(offsetof(struct sockaddr_un, sun_path) +
                             strlen(addr[i].sun_path));
        addr[i].sun_path[0] = '\0';
    } else {
        unlink(name);
    }
    CHECK(bind(fd, (void *)&addr[i], len[i]) == 0);
    return fd;
}

static void say(int fd, int to, const char *text)
{
    CHECK_EQ(sendto(fd, text, strlen(text), 0, (void *)&addr[to], len[to]),
             (ssize_t)strlen(text));
}

/* from: index of the sender's name, -1: it has none */
static void heard(int fd, const char *want, int from)
{
    struct sockaddr_un a;
    socklen_t n = sizeof(a);
    char got[64];

    CHECK_EQ(recvfrom(fd, got, sizeof(got), MSG_DONTWAIT, (void *)&a, &n),
             (ssize_t)strlen(want));
    CHECK(!memcmp(got, want, strlen(want)));
    if (from < 0)
        CHECK(n <= offsetof(struct sockaddr_un, sun_path));
    else
        CHECK(n == len[from] && !memcmp(&a, &addr[from], n));
}

int main(void)
{
    int to = named(0, claim_path("to")), path = named(1, claim_path("from"));
    int abstract = named(2, "@from"), gone = named(3, "@gone");
    int none = socket(AF_UNIX, SOCK_DGRAM, 0), s[2];
    char c;

    CHECK(socketpair(AF_UNIX, SOCK_DGRAM, 0, s) == 0);
    CHECK_EQ(send(s[0], "", 0, 0), 0);
    CHECK_EQ(send(s[0], "pair", 4, 0), 4);
    CHECK_EQ(send(s[0], "of two", 6, 0), 6);
    CHECK_EQ(send(s[1], "back", 4, 0), 4);
    say(path, 0, "by path");
    say(abstract, 0, "abstract");
    say(gone, 0, "closed since");
    CHECK(connect(none, (void *)&addr[0], len[0]) == 0);
    CHECK_EQ(send(none, "no name", 7, 0), 7);
    CHECK(connect(abstract, (void *)&addr[1], len[1]) == 0);
    close(gone);
    claim_ready();
    claim_wait();
    BREAK(recv(to, &c, 1, 0));
    heard(to, "by path", 1);
    heard(to, "abstract", 2);
    heard(to, "closed since", 3);
    heard(to, "no name", -1);
    CHECK(recv(to, &c, 1, MSG_DONTWAIT) < 0 && errno == EAGAIN);
    CHECK_EQ(recv(s[1], &c, 1, MSG_DONTWAIT), 0);
    heard(s[1], "pair", -1);
    heard(s[1], "of two", -1);
    heard(s[0], "back", -1);
    CHECK_EQ(send(none, "again", 5, 0), 5);
    heard(to, "again", -1);
    CHECK_EQ(send(abstract, "connected", 9, 0), 9);
    heard(path, "connected", 2);
    say(path, 2, "the other way");
    heard(abstract, "the other way", 1);
    CHECK(access(claim_path("to"), F_OK) == 0);
    close(s[0]);
    CHECK(send(s[1], "x", 1, MSG_NOSIGNAL) < 0 && errno == ECONNREFUSED);
    claim_pass();
}
