/* Claim: a server on a path and its clients go on: connections with what is
 * unread, the names of both ends, the server's file, new connections. */
#include "claim.h"

#include <stddef.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

static struct sockaddr_un addr = {.sun_family = AF_UNIX};

static int client(void)
{
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    CHECK(connect(fd, (void *)&addr, sizeof(addr)) == 0);
    return fd;
}

static void is_named(int fd, int peer)
{
    struct sockaddr_un a = {0};
    socklen_t n = sizeof(a);

    CHECK((peer ? getpeername : getsockname)(fd, (void *)&a, &n) == 0);
    CHECK(!strcmp(a.sun_path, addr.sun_path));
}

static void expect(int fd, const char *want)
{
    char got[64];

    CHECK_EQ(recv(fd, got, strlen(want), MSG_WAITALL), (ssize_t)strlen(want));
    CHECK(!memcmp(got, want, strlen(want)));
}

int main(void)
{
    int l = socket(AF_UNIX, SOCK_STREAM, 0), n, a;
    pid_t child;
    struct stat st;
    int up[2];

    strcpy(addr.sun_path, claim_path("server"));
    unlink(addr.sun_path);
    umask(027);
    CHECK(bind(l, (void *)&addr, sizeof(addr)) == 0 && listen(l, 3) == 0);
    CHECK(pipe(up) == 0);
    child = fork();
    if (child == 0) {
        close(l);
        n = client();
        CHECK_EQ(write(n, "request", 7), 7);
        claim_tell(up[1]);
        expect(n, "reply");
        is_named(n, 1);
        expect(n, "more");
        a = client();
        CHECK_EQ(write(a, "new", 3), 3);
        expect(a, "bye");
        _exit(0);
    }
    a = accept(l, NULL, NULL);
    claim_hear(up[0]);
    CHECK_EQ(write(a, "reply", 5), 5);
    claim_ready();
    claim_wait();
    BREAK(unlink(addr.sun_path));
    CHECK(stat(addr.sun_path, &st) == 0 && S_ISSOCK(st.st_mode));
    CHECK_EQ(st.st_mode & 0777, 0750);
    is_named(l, 0);
    is_named(a, 0);
    expect(a, "request");
    CHECK_EQ(write(a, "more", 4), 4);
    n = accept(l, NULL, NULL);
    CHECK(n >= 0);
    expect(n, "new");
    CHECK_EQ(write(n, "bye", 3), 3);
    claim_reap(child);
    claim_pass();
}
