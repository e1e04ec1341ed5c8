/* Claim: which halves of Unix sockets are shut down stays as it is, in every
 * state: pairs of each type, with messages from a sender that was shut down
 * since and to a receiver that was, connections whose client had shut a half
 * down before it connected or while it was not accepted, sockets that are not
 * connected, one that listens. */
#include "claim.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#define TYPES 3
static const int types[TYPES] = {SOCK_STREAM, SOCK_SEQPACKET, SOCK_DGRAM};

/* How each end is shut down: bit 0 reading, bit 1 writing. */
#define HOWS 4

static void shut(int fd, unsigned how)
{
    CHECK(!how || shutdown(fd, (int)how - 1) == 0);
}

/* Bit 0: reading is over. Bit 1: writing is, or the peer can't receive. */
static unsigned is_shut(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLRDHUP};
    unsigned how = 0;

    CHECK(poll(&p, 1, 0) >= 0);
    how |= p.revents & POLLRDHUP ? 1 : 0;
    if (send(fd, "x", 1, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
        how |= errno == EPIPE ? 2 : 0;
    return how;
}

static unsigned swapped(unsigned how)
{
    return (how >> 1 | how << 1) & 3;
}

struct pair {
    int fd[2];
    unsigned want[2];
};

static void make_pair(struct pair *p, int type, unsigned how, unsigned other)
{
    CHECK(socketpair(AF_UNIX, type, 0, p->fd) == 0);
    CHECK_EQ(send(p->fd[0], "from 0", 6, 0), 6);
    CHECK_EQ(send(p->fd[1], "from 1", 6, 0), 6);
    shut(p->fd[0], how);
    shut(p->fd[1], other);
    if (type == SOCK_DGRAM) {
        p->want[0] = how | (other & 1) << 1;
        p->want[1] = other | (how & 1) << 1;
    } else {
        p->want[0] = how | swapped(other);
        p->want[1] = swapped(p->want[0]);
    }
}

static void is_pair(const struct pair *p)
{
    for (int i = 0; i < 2; i++) {
        char got[8] = "", want[8];

        snprintf(want, sizeof(want), "from %d", 1 - i);
        CHECK_EQ(recv(p->fd[i], got, sizeof(got) - 1, MSG_DONTWAIT), 6);
        CHECK(!strcmp(got, want));
    }
    for (int i = 0; i < 2; i++)
        CHECK_EQ(is_shut(p->fd[i]), p->want[i]);
}

static int listener(int type, const char *name, struct sockaddr_un *a)
{
    int fd = socket(AF_UNIX, type, 0);

    *a = (struct sockaddr_un){.sun_family = AF_UNIX};
    snprintf(a->sun_path, sizeof(a->sun_path), "%s", name);
    unlink(name);
    CHECK(bind(fd, (void *)a, sizeof(*a)) == 0 && listen(fd, 8) == 0);
    return fd;
}

struct conn {
    int client, server;
    unsigned before, after;
};

static void make_conn(struct conn *c, int type, const struct sockaddr_un *a,
                      int l, unsigned before, unsigned after)
{
    *c = (struct conn){socket(AF_UNIX, type, 0), -1, before, after};
    shut(c->client, before);
    CHECK(connect(c->client, (const void *)a, sizeof(*a)) == 0);
    if (l >= 0) {
        c->server = accept(l, NULL, NULL);
        CHECK(c->server >= 0);
    }
    shut(c->client, after);
}

static void is_conn(const struct conn *c)
{
    CHECK_EQ(is_shut(c->client), c->before | c->after);
    CHECK_EQ(is_shut(c->server), swapped(c->after) | (c->before & 1) << 1);
}

int main(void)
{
    struct pair pair[TYPES][HOWS][HOWS];
    struct conn conn[2][HOWS][HOWS], pending[2];
    int l[2], idle[HOWS], shut_one;
    struct sockaddr_un a[2], gone;
    char name[2][8] = {"l0", "l1"};

    for (int t = 0; t < TYPES; t++) {
        for (unsigned i = 0; i < HOWS * HOWS; i++)
            make_pair(&pair[t][i / HOWS][i % HOWS], types[t], i / HOWS,
                      i % HOWS);
    }
    for (int t = 0; t < 2; t++) {
        l[t] = listener(types[t], name[t], &a[t]);
        for (unsigned i = 0; i < HOWS * HOWS; i++)
            make_conn(&conn[t][i / HOWS][i % HOWS], types[t], &a[t], l[t],
                      i / HOWS, i % HOWS);
        make_conn(&pending[t], types[t], &a[t], -1, 0, 2);
    }
    for (unsigned i = 0; i < HOWS; i++) {
        idle[i] = socket(AF_UNIX, SOCK_STREAM, 0);
        shut(idle[i], i);
    }
    shut_one = listener(SOCK_STREAM, "ls", &gone);
    shut(shut_one, 1);
    claim_ready();
    claim_wait();
    BREAK(shutdown(pair[2][0][0].fd[0], SHUT_WR));
    for (int t = 0; t < TYPES; t++) {
        for (unsigned i = 0; i < HOWS * HOWS; i++)
            is_pair(&pair[t][i / HOWS][i % HOWS]);
    }
    for (int t = 0; t < 2; t++) {
        for (unsigned i = 0; i < HOWS * HOWS; i++)
            is_conn(&conn[t][i / HOWS][i % HOWS]);
        pending[t].server = accept(l[t], NULL, NULL);
        is_conn(&pending[t]);
    }
    for (unsigned i = 0; i < HOWS; i++)
        CHECK_EQ(is_shut(idle[i]) & 1, i & 1);
    CHECK(connect(idle[0], (void *)&gone, sizeof(gone)) < 0);
    CHECK_EQ(errno, ECONNREFUSED);
    CHECK(connect(idle[2], (void *)&a[0], sizeof(a[0])) == 0);
    CHECK_EQ(is_shut(idle[2]), 2);
    claim_pass();
}
