/* Claim: what an option or a call has left on a socket stays, although the
 * option is another one by now: two that listen at one port, two UDP sockets
 * at one port, with the sharing switched off; halves of UDP sockets that are
 * shut down; sizes of buffers that are locked and that are not, also of those
 * that had to grow to take messages again; a filter that is locked; a device
 * that a socket is bound to. */
#include "inet.h"

#include <linux/filter.h>

static int sharing(int type, int with, const inet_name *at)
{
    int s = socket(AF_INET, type, 0);
    inet_name a;

    inet_set(s, SOL_SOCKET, with, 1);
    inet_loopback(AF_INET, 0, &a);
    if (at)
        a = *at;
    CHECK(bind(s, (void *)&a, sizeof(struct sockaddr_in)) == 0);
    if (type == SOCK_STREAM)
        CHECK(listen(s, 3) == 0);
    return s;
}

/* The first, or both, don't share any more. */
static void share(int s[2], int type, int with, int off)
{
    inet_name a;

    s[0] = sharing(type, with, NULL);
    a = inet_self(s[0]);
    s[1] = sharing(type, with, &a);
    for (int i = 0; i < off; i++)
        inet_set(s[i], SOL_SOCKET, with, 0);
}

static void is_shared(int s[2], int with, int off)
{
    CHECK(inet_same(inet_self(s[0]), inet_self(s[1])));
    CHECK_EQ(inet_option(s[0], SOL_SOCKET, with), 0);
    CHECK_EQ(inet_option(s[1], SOL_SOCKET, with), off < 2);
}

static int is_shut(int s)
{
    struct pollfd p = {.fd = s, .events = POLLRDHUP};
    int how;

    CHECK(poll(&p, 1, 0) >= 0);
    how = p.revents & POLLRDHUP ? 1 : 0;
    if (send(s, "x", 1, MSG_NOSIGNAL) < 0 && errno == EPIPE)
        how |= 2;
    return how;
}

static int udp_shut(int domain, int how)
{
    int s = inet_bound(domain, SOCK_DGRAM), to = inet_bound(domain, SOCK_DGRAM);
    inet_name a = inet_self(to);

    CHECK(connect(s, (void *)&a, sizeof(a)) == 0);
    CHECK(!how || shutdown(s, how - 1) == 0);
    return s;
}

static int on_device(const char *name)
{
    int s = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in any = {.sin_family = AF_INET};

    CHECK(setsockopt(s, SOL_SOCKET, SO_BINDTODEVICE, name,
                     (socklen_t)strlen(name)) == 0);
    CHECK(bind(s, (void *)&any, sizeof(any)) == 0 && listen(s, 1) == 0);
    return s;
}

static void is_on_device(int s, const char *want)
{
    char name[16] = "";
    socklen_t n = sizeof(name);

    CHECK(getsockopt(s, SOL_SOCKET, SO_BINDTODEVICE, name, &n) == 0);
    CHECK(!strcmp(name, want));
}

/* As many messages as fit; how many. */
static int fill(int s)
{
    char page[4096] = "";
    int n = 0;

    while (send(s, page, sizeof(page), MSG_DONTWAIT) > 0)
        n++;
    return n;
}

int main(void)
{
    static const int locks[] = {0, 1, 2, 3};
    struct sock_filter all = BPF_STMT(BPF_RET | BPF_K, 0xffff), has[2];
    socklen_t instructions = 2;
    struct sock_fprog prog = {1, &all};
    int tcp[2][2], udp[2][2][2], shut[2][4], locked[4], sized, grown[2];
    int size, many, filtered, device;

    for (int i = 0; i < 2; i++) {
        share(tcp[i], SOCK_STREAM, SO_REUSEPORT, i + 1);
        share(udp[i][0], SOCK_DGRAM, SO_REUSEPORT, i + 1);
        share(udp[i][1], SOCK_DGRAM, SO_REUSEADDR, i + 1);
        for (int how = 0; how < 4; how++)
            shut[i][how] = udp_shut(i ? AF_INET6 : AF_INET, how);
    }
    for (int i = 0; i < 4; i++) {
        locked[i] = inet_bound(AF_INET, SOCK_STREAM);
        inet_set(locked[i], SOL_SOCKET, SO_BUF_LOCK, locks[i]);
    }
    sized = inet_bound(AF_INET, SOCK_DGRAM);
    inet_set(sized, SOL_SOCKET, SO_RCVBUF, 30000);
    inet_set(sized, SOL_SOCKET, SO_BUF_LOCK, 0);
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, grown) == 0);
    size = inet_option(grown[0], SOL_SOCKET, SO_SNDBUF);
    many = fill(grown[0]);
    filtered = inet_bound(AF_INET, SOCK_DGRAM);
    CHECK(setsockopt(filtered, SOL_SOCKET, SO_ATTACH_FILTER, &prog,
                     sizeof(prog)) == 0);
    inet_set(filtered, SOL_SOCKET, SO_LOCK_FILTER, 1);
    device = on_device("lo");
    claim_ready();
    claim_wait();
    BREAK(inet_set(locked[1], SOL_SOCKET, SO_BUF_LOCK, 0));
    for (int i = 0; i < 2; i++) {
        is_shared(tcp[i], SO_REUSEPORT, i + 1);
        is_shared(udp[i][0], SO_REUSEPORT, i + 1);
        is_shared(udp[i][1], SO_REUSEADDR, i + 1);
        for (int how = 0; how < 4; how++)
            CHECK_EQ(is_shut(shut[i][how]), how);
    }
    for (int i = 0; i < 4; i++)
        CHECK_EQ(inet_option(locked[i], SOL_SOCKET, SO_BUF_LOCK), locks[i]);
    CHECK_EQ(inet_option(sized, SOL_SOCKET, SO_RCVBUF), 60000);
    CHECK_EQ(inet_option(sized, SOL_SOCKET, SO_BUF_LOCK), 0);
    CHECK_EQ(inet_option(grown[0], SOL_SOCKET, SO_BUF_LOCK), 0);
    CHECK_EQ(inet_option(grown[0], SOL_SOCKET, SO_SNDBUF), size);
    CHECK_EQ(inet_option(filtered, SOL_SOCKET, SO_LOCK_FILTER), 1);
    CHECK(getsockopt(filtered, SOL_SOCKET, SO_GET_FILTER, has,
                     &instructions) == 0);
    CHECK(instructions == 1 && !memcmp(has, &all, sizeof(all)));
    CHECK(setsockopt(filtered, SOL_SOCKET, SO_DETACH_FILTER, &size,
                     sizeof(size)) < 0 && errno == EPERM);
    CHECK(many > 3);
    is_on_device(device, "lo");
    claim_pass();
}
