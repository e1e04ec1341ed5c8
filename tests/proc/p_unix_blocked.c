/* Claim: those who wait in a call on a Unix socket wait on, without an
 * error: in recv with and without a time limit, in recvmsg, accept, connect
 * to one that takes no more, send to a full one, and poll. */
#include "claim.h"

#include <poll.h>
#include <pthread.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/un.h>

enum { RECV, TIMED, RECVMSG, ACCEPT, CONNECT, SEND, POLL, WAITERS };

static struct sockaddr_un addr[2];
static socklen_t len[2];
static int pair[WAITERS][2], l[2], tid[WAITERS];

static void name(int i, const char *text)
{
    addr[i].sun_family = AF_UNIX;
    snprintf(addr[i].sun_path + 1, 90, "%s-%d", text, getpid());
    len[i] = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
                         strlen(addr[i].sun_path + 1));
    l[i] = socket(AF_UNIX, SOCK_STREAM, 0);
    CHECK(bind(l[i], (void *)&addr[i], len[i]) == 0 && listen(l[i], 0) == 0);
}

static int caller(int i)
{
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    CHECK(connect(fd, (void *)&addr[i], len[i]) == 0);
    return fd;
}

static void *wait_in(void *arg)
{
    long what = (long)arg;
    int fd = pair[what][0];
    char c = 0;
    struct iovec v = {&c, 1};
    struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1};

    __atomic_store_n(&tid[what], syscall(SYS_gettid), __ATOMIC_RELEASE);
    if (what == ACCEPT)
        fd = accept(l[0], NULL, NULL);
    else if (what == CONNECT)
        fd = caller(1);
    CHECK(fd >= 0);
    if (what == RECVMSG)
        CHECK_EQ(recvmsg(fd, &m, 0), 1);
    else if (what == POLL)
        CHECK_EQ(poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, -1), 1);
    if (what == SEND)
        CHECK_EQ(send(fd, "z", 1, 0), 1);
    else if (what != RECVMSG && what != CONNECT)
        CHECK_EQ(recv(fd, &c, 1, 0), 1);
    CHECK(what == SEND || what == CONNECT || c == 'x');
    return NULL;
}

static int sleeps(int t)
{
    char path[64], text[512] = "";
    int fd;

    snprintf(path, sizeof(path), "/proc/self/task/%d/stat", t);
    fd = open(path, O_RDONLY);
    CHECK(fd >= 0 && read(fd, text, sizeof(text) - 1) > 0);
    close(fd);
    return strstr(text, ") S ") != NULL;
}

int main(void)
{
    struct timeval limit = {60, 0};
    pthread_t t[WAITERS];
    char buf[4096] = "";
    int c;

    name(0, "accept");
    name(1, "connect");
    caller(1); /* with a backlog of 0 this one waits, the next can't come */
    for (long i = 0; i < WAITERS; i++) {
        CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair[i]) == 0);
        if (i == TIMED)
            CHECK(setsockopt(pair[i][0], SOL_SOCKET, SO_RCVTIMEO, &limit,
                             sizeof(limit)) == 0);
        while (i == SEND && send(pair[i][0], buf, sizeof(buf), MSG_DONTWAIT) > 0)
            ;
        CHECK(pthread_create(&t[i], NULL, wait_in, (void *)i) == 0);
        UNTIL(tid[i] && sleeps(tid[i]));
    }
    claim_ready();
    claim_wait();
    BREAK(shutdown(pair[RECV][1], SHUT_WR));
    for (long i = 0; i < WAITERS; i++) {
        if (i == ACCEPT)
            CHECK_EQ(send(caller(0), "x", 1, 0), 1);
        else if (i == CONNECT)
            CHECK(accept(l[1], NULL, NULL) >= 0);
        else if (i != SEND)
            CHECK_EQ(send(pair[i][1], "x", 1, MSG_NOSIGNAL), 1);
        for (ssize_t n = 1; i == SEND && n > 0;)
            n = recv(pair[i][1], buf, sizeof(buf), MSG_DONTWAIT);
        CHECK(pthread_join(t[i], NULL) == 0);
    }
    c = accept(l[1], NULL, NULL);
    CHECK(c >= 0);
    claim_pass();
}
