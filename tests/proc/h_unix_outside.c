/* Not a claim: a process outside of the computation that talks to one inside
 * over Unix sockets, and that one, for t_unix_outside.sh; one that takes a
 * name, for t_unix_taken.sh; one in a directory, for t_unix_elsewhere.sh. */
#include "claim.h"

#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>

static void touch(const char *name)
{
    int fd = open(name, O_CREAT | O_WRONLY, 0600);

    CHECK(fd >= 0);
    close(fd);
}

static int bound(int type, const char *path)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, type, 0);

    strcpy(a.sun_path, path);
    unlink(path);
    CHECK(bind(fd, (void *)&a, sizeof(a)) == 0);
    CHECK(type == SOCK_DGRAM || listen(fd, 5) == 0);
    return fd;
}

static int to(int type, const char *path)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, type, 0);

    strcpy(a.sun_path, path);
    CHECK(connect(fd, (void *)&a, sizeof(a)) == 0);
    return fd;
}

static void reads(int fd, const char *text)
{
    char got[64];

    CHECK_EQ(recv(fd, got, strlen(text), MSG_WAITALL), (ssize_t)strlen(text));
    CHECK(!memcmp(got, text, strlen(text)));
}

/* In the test's directory, without its variables. */
static void outside(void)
{
    int l = bound(SOCK_STREAM, "outside"), log, gone, c, in;
    char here[90], path[100];

    CHECK(getcwd(here, sizeof(here)) != NULL);
    snprintf(path, sizeof(path), "%s/log", here);
    log = bound(SOCK_DGRAM, path);
    snprintf(path, sizeof(path), "%s/gone", here);
    gone = bound(SOCK_DGRAM, path);

    touch("up");
    c = accept(l, NULL, NULL);
    CHECK_EQ(write(c, "hello", 5), 5);
    UNTIL(access("inside", F_OK) == 0);
    in = to(SOCK_STREAM, "inside");
    CHECK_EQ(write(in, "from outside", 12), 12);
    CHECK(to(SOCK_STREAM, "inside") >= 0);
    touch("talked");
    reads(log, "one");
    UNTIL(access("went", F_OK) == 0);
    close(gone);
    unlink("gone");
    touch("closed");
    reads(log, "two");
    touch("logged");
    pause();
}

static void taken(void)
{
    bound(SOCK_STREAM, "server");
    touch("taken");
    pause();
}

/* Under control: a server whose socket's directory may go. */
static void inside(const char *path)
{
    int l = bound(SOCK_STREAM, path), c;

    claim_ready();
    claim_wait();
    c = to(SOCK_STREAM, path);
    CHECK_EQ(write(accept(l, NULL, NULL), "hello", 5), 5);
    reads(c, "hello");
    claim_pass();
}

int main(int argc, char **argv)
{
    int c, log, gone, l, a, restarted;
    char ch;

    if (argc == 2)
        alarm(120); /* nobody else ends it where the test fails */
    if (argc > 1 && !strcmp(argv[1], "outside"))
        outside();
    if (argc > 2)
        inside(argv[2]);
    if (argc > 1)
        taken();
    c = to(SOCK_STREAM, "outside");
    log = to(SOCK_DGRAM, "log");
    gone = to(SOCK_DGRAM, "gone");
    l = bound(SOCK_STREAM, "inside.new");
    CHECK(rename("inside.new", "inside") == 0);
    a = accept(l, NULL, NULL);
    UNTIL(access("talked", F_OK) == 0);
    CHECK_EQ(write(log, "one", 3), 3);
    claim_ready();
    claim_wait();
    restarted = access("went", F_OK) == 0;
    reads(c, "hello");
    reads(a, "from outside");
    if (!restarted)
        claim_pass();
    CHECK_EQ(read(c, &ch, 1), 0);
    CHECK(send(c, "x", 1, MSG_NOSIGNAL) < 0 && errno == EPIPE);
    CHECK_EQ(read(a, &ch, 1), 0);
    a = accept(l, NULL, NULL);
    CHECK_EQ(read(a, &ch, 1), 0);
    CHECK_EQ(write(log, "two", 3), 3);
    CHECK(send(gone, "x", 1, MSG_NOSIGNAL) < 0 && errno == ECONNREFUSED);
    claim_pass();
}
