/* m_tcp.c - a TCP connection with a stream in each direction, painted; now
 * and then it is shut down, read to its end, and made again. */
#include "torture.h"

#include <netinet/in.h>
#include <sys/socket.h>

static struct sockaddr_in here(int port)
{
    return (struct sockaddr_in){.sin_family = AF_INET,
                                .sin_port = htons((uint16_t)port),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

static void setup(struct inst *t)
{
    int on = 1;

    NEED(t, (t->fd[0] = socket(AF_INET, SOCK_STREAM, 0)) >= 0);
    setsockopt(t->fd[0], SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    t->val[0] = bind_port(t, t->fd[0]);
    NEED(t, listen(t->fd[0], 4) == 0);
}

static int meet(struct inst *t, int part)
{
    struct sockaddr_in a = here((int)t->val[0]);
    int fd;

    if (part == 0) {
        NEED(t, (fd = accept(t->fd[0], NULL, NULL)) >= 0);
        return fd;
    }
    NEED(t, (fd = socket(AF_INET, SOCK_STREAM, 0)) >= 0);
    NEED(t, connect(fd, (void *)&a, sizeof a) == 0);
    return fd;
}

static void run(struct inst *t, int part)
{
    static __thread unsigned char buf[20000];
    struct rng sizes, naps = rng_of(t, part + 5);
    char c;

    for (unsigned life = 0;; life++) {
        int fd = meet(t, part);
        size_t at = 0;

        sizes = (struct rng){t->seed + life};
        for (unsigned i = 5 + rnd(&sizes, 100); i > 0; i--) {
            size_t n = 1 + rnd(&sizes, sizeof buf);

            /* one speaks, the other answers */
            for (int turn = 0; turn < 2; turn++, at += n) {
                if (turn == part) {
                    paint(buf, n, t->seed, at);
                    if (damage(t, part))
                        buf[n / 2] ^= 1;
                    put(t, fd, buf, n);
                } else {
                    get(t, fd, buf, n);
                    NEED(t, painted(buf, n, t->seed, at));
                }
                if (rnd(&naps, 4) == 0)
                    nap(t, &naps);
            }
            beat(t, part);
        }
        if (part == 0)
            NEED(t, shutdown(fd, SHUT_WR) == 0);
        SAME(t, read(fd, &c, 1), 0);
        if (part == 1)
            nap(t, &naps);
        NEED(t, close(fd) == 0);
    }
}

const struct module module_tcp = {.name = "tcp", .parts = 2, .setup = setup, .run = run};
