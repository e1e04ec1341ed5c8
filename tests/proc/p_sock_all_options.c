/* Claim: whatever option of a socket can be set and read by an ordinary user,
 * of any level, known to us or not, reads the same afterwards: of TCP sockets
 * in each state, UDP sockets, Unix sockets. */
#include "inet.h"

#include <linux/udp.h>

#define SOCKETS 16
#define NAMES 128
#define VALUE 64

static const int levels[] = {SOL_SOCKET, IPPROTO_IP, IPPROTO_IPV6, IPPROTO_TCP,
                             IPPROTO_UDP};
#define LEVELS (int)(sizeof(levels) / sizeof(levels[0]))

/* What changes by itself, is the kernel's to choose (a socket that is bound is
 * V6ONLY; who connects is not), or makes the socket another thing. */
static const struct {
    int level, name;
} left_out[] = {
    {SOL_SOCKET, SO_ERROR}, {SOL_SOCKET, SO_MEMINFO},
    {SOL_SOCKET, SO_COOKIE}, {SOL_SOCKET, SO_INCOMING_CPU},
    {SOL_SOCKET, SO_INCOMING_NAPI_ID}, {SOL_SOCKET, 77 /* SO_PEERPIDFD */},
    {SOL_SOCKET, SO_PEERNAME}, {SOL_SOCKET, SO_PEERGROUPS},
    {IPPROTO_IP, IP_MTU}, {IPPROTO_IPV6, 1 /* IPV6_ADDRFORM */},
    {IPPROTO_IPV6, IPV6_MTU}, {IPPROTO_IPV6, IPV6_PATHMTU},
    {IPPROTO_IPV6, IPV6_V6ONLY}, {IPPROTO_IPV6, IPV6_2292PKTOPTIONS}, {IPPROTO_IPV6, 32},
    {IPPROTO_TCP, TCP_INFO}, {IPPROTO_TCP, TCP_QUICKACK},
    {IPPROTO_TCP, TCP_REPAIR}, {IPPROTO_TCP, TCP_REPAIR_QUEUE},
    {IPPROTO_TCP, TCP_QUEUE_SEQ}, {IPPROTO_TCP, TCP_TIMESTAMP},
    {IPPROTO_TCP, TCP_CC_INFO}, {IPPROTO_TCP, TCP_SAVED_SYN},
    {IPPROTO_TCP, TCP_ULP}, {IPPROTO_TCP, TCP_FASTOPEN_KEY},
    {IPPROTO_TCP, TCP_ZEROCOPY_RECEIVE},
};

static int is_left_out(int s, int level, int name)
{
    for (size_t i = 0; i < sizeof(left_out) / sizeof(left_out[0]); i++) {
        if (left_out[i].level == level && left_out[i].name == name)
            return 1;
    }
    if (level == IPPROTO_IPV6 &&
        (name == IPV6_MULTICAST_IF || name == IPV6_MULTICAST_HOPS))
        /* a connection has those of the segment that came last */
        return inet_option(s, SOL_SOCKET, SO_PROTOCOL) == IPPROTO_TCP;
    return level == IPPROTO_TCP &&
           (name == TCP_MAXSEG || name == TCP_WINDOW_CLAMP) &&
           inet_option(s, SOL_SOCKET, SO_PROTOCOL) == IPPROTO_TCP &&
           inet_state(s) != TCP_CLOSE && inet_state(s) != TCP_LISTEN;
}

static struct value {
    socklen_t n; /* 0: not to be read */
    char at[VALUE];
} before[SOCKETS][LEVELS][NAMES];

static struct value read_one(int s, int level, int name)
{
    struct value v = {.n = VALUE};

    if (getsockopt(s, level, name, v.at, &v.n) < 0)
        v.n = 0;
    return v;
}

static int same(const struct value *a, const struct value *b)
{
    return a->n == b->n && !memcmp(a->at, b->at, a->n);
}

/* Another value, if it takes one of these. */
static void change(int s, int level, int name)
{
    static const int tries[] = {1, 0, 2, 5, 1000, 50000};
    /* a linger, a time, the name of a device */
    static const struct {
        socklen_t n;
        char at[16];
    } more[] = {{8, {1, 0, 0, 0, 7}}, {16, {7}}, {16, "lo"}};
    struct value was = read_one(s, level, name), now;

    if (!was.n || is_left_out(s, level, name))
        return;
    if (level == SOL_SOCKET && name == SO_BUF_LOCK &&
        inet_option(s, SOL_SOCKET, SO_PROTOCOL) == IPPROTO_TCP)
        return; /* without it the kernel chooses the sizes */
    for (size_t i = 0; i < sizeof(tries) / sizeof(tries[0]); i++) {
        if (setsockopt(s, level, name, &tries[i], sizeof(tries[i])) < 0)
            continue;
        now = read_one(s, level, name);
        if (!same(&was, &now))
            return;
    }
    for (size_t i = 0; i < sizeof(more) / sizeof(more[0]); i++) {
        if (setsockopt(s, level, name, more[i].at, more[i].n) < 0)
            continue;
        now = read_one(s, level, name);
        if (!same(&was, &now))
            return;
    }
}

static int of_type(int domain, int type, int connects)
{
    int s = domain == AF_UNIX ? socket(domain, type, 0)
                              : inet_bound(domain, type), to;
    inet_name a;

    if (connects) {
        to = inet_bound(domain, type);
        a = inet_self(to);
        CHECK(connect(s, (void *)&a, sizeof(a)) == 0);
    }
    return s;
}

static int make_all(int *s)
{
    static const int unix_types[] = {SOCK_STREAM, SOCK_SEQPACKET, SOCK_DGRAM};
    int n = 0, domains[] = {AF_INET, AF_INET6}, pair[2];

    for (int i = 0; i < 2; i++) {
        s[n++] = socket(domains[i], SOCK_STREAM, 0);
        s[n++] = inet_bound(domains[i], SOCK_STREAM);
        s[n++] = inet_listen(domains[i], 3);
        inet_pair(domains[i], &s[n++]);
        s[n++] = of_type(domains[i], SOCK_DGRAM, 0);
        s[n++] = of_type(domains[i], SOCK_DGRAM, 1);
    }
    for (int i = 0; i < 3; i++) {
        CHECK(socketpair(AF_UNIX, unix_types[i], 0, pair) == 0);
        s[n++] = pair[0];
    }
    return n;
}

int main(void)
{
    int s[SOCKETS + 1], n = make_all(s), bad = 0, many = 0;

    for (int i = 0; i < n * LEVELS * NAMES; i++)
        change(s[i / NAMES / LEVELS], levels[i / NAMES % LEVELS], i % NAMES);
    for (int i = 0; i < n * LEVELS * NAMES; i++) {
        int k = i / NAMES / LEVELS, l = i / NAMES % LEVELS, name = i % NAMES;

        if (!is_left_out(s[k], levels[l], name))
            before[k][l][name] = read_one(s[k], levels[l], name);
        many += before[k][l][name].n != 0;
    }
    CHECK(many > 300);
    claim_ready();
    claim_wait();
    BREAK(before[0][0][SO_REUSEADDR].at[0] ^= 1);
    for (int i = 0; i < n * LEVELS * NAMES; i++) {
        int k = i / NAMES / LEVELS, l = i / NAMES % LEVELS, name = i % NAMES;
        struct value *v = &before[k][l][name], now;

        if (!v->n)
            continue;
        now = read_one(s[k], levels[l], name);
        if (same(v, &now))
            continue;
        fprintf(stderr, "socket %d, level %d, option %d: %d bytes, %d, were "
                "%d bytes, %d\n", k, levels[l], name, now.n, *(int *)now.at,
                v->n, *(int *)v->at);
        bad++;
    }
    CHECK_EQ(bad, 0);
    claim_pass();
}
