/* m_unix.c - Unix sockets of the three types, messages and descriptors in
 * both directions: each arrives once, whole, with what came along. From time
 * to time a pair is made whose ends are shut down, half or all. */
#include "torture.h"

#include <sys/socket.h>

struct message {
    unsigned number;
    int with_fd;
    unsigned char data[1000];
};

static void setup(struct inst *t)
{
    static const int type[] = {SOCK_STREAM, SOCK_SEQPACKET, SOCK_DGRAM};

    NEED(t, socketpair(AF_UNIX, type[t->seed % 3], 0, t->fd) == 0);
}

/* A pipe's end with the message's number in it travels along. */
static void give(struct inst *t, int fd, struct message *m)
{
    char space[CMSG_SPACE(sizeof(int))] = {0};
    struct iovec iov = {m, sizeof *m};
    struct msghdr h = {.msg_iov = &iov, .msg_iovlen = 1};
    int tube[2] = {-1, -1};

    if (m->with_fd) {
        struct cmsghdr *c;

        NEED(t, pipe(tube) == 0);
        put(t, tube[1], &m->number, sizeof m->number);
        h.msg_control = space;
        h.msg_controllen = sizeof space;
        c = CMSG_FIRSTHDR(&h);
        c->cmsg_level = SOL_SOCKET;
        c->cmsg_type = SCM_RIGHTS;
        c->cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(c), tube, sizeof(int));
    }
    SAME(t, sendmsg(fd, &h, 0), sizeof *m);
    if (m->with_fd) {
        close(tube[0]);
        close(tube[1]);
    }
}

static void take(struct inst *t, int fd, struct message *m)
{
    char space[CMSG_SPACE(sizeof(int))];
    struct iovec iov = {m, sizeof *m};
    struct msghdr h = {.msg_iov = &iov, .msg_iovlen = 1,
                       .msg_control = space, .msg_controllen = sizeof space};
    struct cmsghdr *c;
    unsigned number;
    ssize_t n;
    int got = -1;

    n = recvmsg(fd, &h, 0);
    NEED(t, n > 0);
    c = CMSG_FIRSTHDR(&h);
    if (c)
        memcpy(&got, CMSG_DATA(c), sizeof got);
    /* a stream keeps no borders */
    if ((size_t)n < sizeof *m) {
        NEED(t, t->seed % 3 == 0);
        get(t, fd, (char *)m + n, sizeof *m - (size_t)n);
    }
    SAME(t, got >= 0, m->with_fd);
    if (got >= 0) {
        get(t, got, &number, sizeof number);
        SAME(t, number, m->number);
        NEED(t, read(got, &number, 1) == 0);
        close(got);
    }
}

static void shut(struct inst *t, struct rng *r)
{
    int p[2], type = rnd(r, 2) ? SOCK_STREAM : SOCK_DGRAM, how = (int)rnd(r, 3);
    char c = 0;

    NEED(t, socketpair(AF_UNIX, type, 0, p) == 0);
    if (how != SHUT_RD)
        put(t, p[0], "m", 1);
    NEED(t, shutdown(p[0], how) == 0);
    for (int i = 0; i < 3; i++)
        nap(t, r);
    if (how != SHUT_RD) {
        NEED(t, read(p[1], &c, 1) == 1 && c == 'm');
        NEED(t, send(p[0], "n", 1, 0) < 0 && errno == EPIPE);
        if (type == SOCK_STREAM)
            NEED(t, read(p[1], &c, 1) == 0);
    } else {
        NEED(t, send(p[0], "n", 1, 0) == 1 && read(p[1], &c, 1) == 1);
        NEED(t, c == 'n');
    }
    if (how != SHUT_WR) {
        NEED(t, read(p[0], &c, 1) == 0);
        NEED(t, send(p[1], "n", 1, 0) < 0 && errno == EPIPE);
    }
    close(p[0]);
    close(p[1]);
}

static void run(struct inst *t, int part)
{
    struct message m;
    struct rng r = rng_of(t, part), mine = rng_of(t, part + 5);

    for (unsigned n = 0;; n++) {
        if (part < 2) { /* 0 and 1 send, 2 and 3 receive */
            memset(&m, 0, sizeof m);
            m.number = n;
            m.with_fd = rnd(&r, 4) == 0;
            paint(m.data, sizeof m.data, t->seed + n, 0);
            if (damage(t, part))
                m.data[5] ^= 1;
            give(t, t->fd[part], &m);
            if (part == 0 && rnd(&mine, 10) == 0)
                shut(t, &mine);
        } else {
            take(t, t->fd[3 - part], &m);
            SAME(t, m.number, n);
            NEED(t, painted(m.data, sizeof m.data, t->seed + n, 0));
        }
        beat(t, part);
        if (rnd(&mine, 3) == 0)
            nap(t, &mine);
    }
}

const struct module module_unix = {.name = "unix", .parts = 4, .setup = setup, .run = run};
