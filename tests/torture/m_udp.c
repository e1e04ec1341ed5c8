/* m_udp.c - datagrams over loopback: asked and answered, never more on their
 * way than fit, so that none may be missing. */
#include "torture.h"

#include <netinet/in.h>
#include <sys/socket.h>

static void setup(struct inst *t)
{
    struct sockaddr_in a[2];

    for (int i = 0; i < 2; i++) {
        NEED(t, (t->fd[i] = socket(AF_INET, SOCK_DGRAM, 0)) >= 0);
        a[i] = (struct sockaddr_in){.sin_family = AF_INET,
                                    .sin_port = htons((uint16_t)bind_port(t, t->fd[i])),
                                    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    }
    for (int i = 0; i < 2; i++)
        NEED(t, connect(t->fd[i], (void *)&a[1 - i], sizeof a[0]) == 0);
}

static void run(struct inst *t, int part)
{
    struct rng r = rng_of(t, 3), naps = rng_of(t, part);
    unsigned char buf[2000];
    int many;

    for (unsigned round = 0;; round++) {
        many = 1 + (int)rnd(&r, 5);
        for (int i = 0; i < many; i++) {
            size_t n = 1 + rnd(&r, sizeof buf);

            if ((int)(round % 2) == part) {
                paint(buf, n, t->seed, round);
                if (damage(t, part))
                    buf[0] ^= 1;
                SAME(t, send(t->fd[part], buf, n, 0), n);
            } else {
                SAME(t, recv(t->fd[part], buf, sizeof buf, 0), n);
                NEED(t, painted(buf, n, t->seed, round));
            }
            if (rnd(&naps, 3) == 0)
                nap(t, &naps);
        }
        beat(t, part);
    }
}

const struct module module_udp = {.name = "udp", .parts = 2, .setup = setup, .run = run};
