/* Claim: connections that nobody has accepted yet still wait, in their
 * order, one of them half shut down; the backlog is what it was; a socket
 * that is bound and does not listen yet is so. */
#include "claim.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

static int unix_socket(const char *path, struct sockaddr_un *a)
{
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    *a = (struct sockaddr_un){.sun_family = AF_UNIX};
    strcpy(a->sun_path, path);
    unlink(path);
    CHECK(fd >= 0 && bind(fd, (void *)a, sizeof(*a)) == 0);
    return fd;
}

static int caller(const struct sockaddr_un *a)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

    if (connect(fd, (const void *)a, sizeof(*a)) == 0)
        return fd;
    close(fd);
    return -errno;
}

int main(void)
{
    struct sockaddr_un a, b;
    int l = unix_socket(claim_path("l"), &a), c[3], s, i;
    int later = unix_socket(claim_path("later"), &b);
    char ch;

    CHECK(listen(l, 2) == 0);
    for (i = 0; i < 3; i++) /* the kernel takes one more than the backlog */
        CHECK((c[i] = caller(&a)) >= 0);
    CHECK(shutdown(c[1], SHUT_WR) == 0);
    claim_ready();
    claim_wait();
    BREAK(close(c[2]));
    CHECK(caller(&a) == -EAGAIN);
    CHECK(caller(&b) == -ECONNREFUSED);
    CHECK(listen(later, 1) == 0 && caller(&b) >= 0);
    for (i = 0; i < 3; i++)
        CHECK(i == 1 || write(c[i], &(char){(char)('a' + i)}, 1) == 1);
    for (i = 0; i < 3; i++) {
        s = accept(l, NULL, NULL);
        CHECK(s >= 0);
        if (i == 1) {
            CHECK_EQ(read(s, &ch, 1), 0);
            continue;
        }
        CHECK_EQ(read(s, &ch, 1), 1);
        CHECK_EQ(ch, 'a' + i);
        CHECK(write(s, "k", 1) == 1 && read(c[i], &ch, 1) == 1);
        CHECK_EQ(ch, 'k');
    }
    CHECK_EQ(poll(&(struct pollfd){.fd = l, .events = POLLIN}, 1, 0), 0);
    claim_pass();
}
