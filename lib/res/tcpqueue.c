/*
 * tcpqueue.c - bytes on their way from one end of a TCP connection to the
 * other.
 *
 * Nobody can look into a send queue, but everybody into a receive queue, by
 * MSG_PEEK. So what was written and not yet received is made to arrive: the
 * receiver gets room for it, as SO_RCVLOWAT lets the buffer grow beyond the
 * limit of SO_RCVBUF (tcp_set_rcvlowat), and a peek tells the sender
 * (tcp_cleanup_rbuf). A buffer that the program has sized itself must be
 * unlocked for that (SO_BUF_LOCK, Linux 5.15). Sender and receiver only see
 * that the network was quick.
 */
#include "lib/res/tcp.h"

#include <linux/sockios.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <time.h>

#ifndef SO_BUF_LOCK
#define SO_BUF_LOCK 72
#endif
#define RCVBUF_LOCK 2
#define LIMIT_MS 1000
#define QUICK_MS 5

int ck_tcp_option(int fd, int level, int name)
{
    int v = -1;
    socklen_t len = sizeof(v);

    return getsockopt(fd, level, name, &v, &len) < 0 ? -1 : v;
}

static void set(int fd, int level, int name, int v)
{
    setsockopt(fd, level, name, &v, sizeof(v));
}

int ck_tcp_state(int fd)
{
    struct tcp_info info = {0};
    socklen_t len = sizeof(info);

    getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len);
    return info.tcpi_state;
}

void ck_tcp_widen(int fd, struct ck_tcp_room *was)
{
    was->lock = ck_tcp_option(fd, SOL_SOCKET, SO_BUF_LOCK);
    was->size = ck_tcp_option(fd, SOL_SOCKET, SO_RCVBUF);
    was->lowat = ck_tcp_option(fd, SOL_SOCKET, SO_RCVLOWAT);
    was->clamp = ck_tcp_option(fd, IPPROTO_TCP, TCP_WINDOW_CLAMP);
    if (was->lock > 0 && (was->lock & RCVBUF_LOCK))
        set(fd, SOL_SOCKET, SO_BUF_LOCK, was->lock & ~RCVBUF_LOCK);
    set(fd, SOL_SOCKET, SO_RCVLOWAT, 1 << 30);
}

/* Setting the size locks it. Putting SO_RCVLOWAT back wakes whom the bytes
 * that came meanwhile have not woken. */
void ck_tcp_narrow(int fd, const struct ck_tcp_room *was)
{
    set(fd, SOL_SOCKET, SO_RCVLOWAT, was->lowat);
    if (ck_tcp_option(fd, SOL_SOCKET, SO_RCVBUF) != was->size)
        set(fd, SOL_SOCKET, SO_RCVBUF, was->size / 2);
    if (was->lock >= 0)
        set(fd, SOL_SOCKET, SO_BUF_LOCK, was->lock);
    if (ck_tcp_option(fd, IPPROTO_TCP, TCP_WINDOW_CLAMP) != was->clamp)
        set(fd, IPPROTO_TCP, TCP_WINDOW_CLAMP, was->clamp);
}

static int arrived(const struct ck_tcp_flow *f)
{
    int left = -1;

    if (f->from >= 0)
        return ioctl(f->from, SIOCOUTQ, &left) < 0 || left == 0;
    switch (ck_tcp_state(f->to)) {
    case TCP_ESTABLISHED:
    case TCP_FIN_WAIT1:
    case TCP_FIN_WAIT2:
        return 0;
    default:
        return 1;
    }
}

static long long now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

static int wait_all(struct ck_tcp_flow *f, size_t n)
{
    const struct timespec nap = {.tv_nsec = 200000};
    long long begin = now_ms();
    size_t left = n;

    while (left) {
        long long t = now_ms() - begin;
        char c;

        left = 0;
        for (size_t i = 0; i < n; i++) {
            if (arrived(&f[i]))
                continue;
            left++;
            (void)!recv(f[i].to, &c, 1, MSG_PEEK | MSG_DONTWAIT);
            if (t >= QUICK_MS) /* an acknowledgement that is put off */
                set(f[i].to, IPPROTO_TCP, TCP_QUICKACK, 1);
        }
        if (left && t > LIMIT_MS)
            return -EAGAIN;
        if (left)
            nanosleep(&nap, NULL);
    }
    return 0;
}

/* TCP_NODELAY pushes what TCP_CORK and Nagle's rule hold back. */
int ck_tcp_drain(struct ck_tcp_flow *f, size_t n)
{
    int rc;

    for (size_t i = 0; i < n; i++) {
        ck_tcp_widen(f[i].to, &f[i].room);
        f[i].nodelay = ck_tcp_option(f[i].from, IPPROTO_TCP, TCP_NODELAY);
        if (f[i].nodelay >= 0)
            set(f[i].from, IPPROTO_TCP, TCP_NODELAY, 1);
    }
    rc = wait_all(f, n);
    for (size_t i = n; i-- > 0;) {
        ck_tcp_narrow(f[i].to, &f[i].room);
        if (f[i].nodelay == 0)
            set(f[i].from, IPPROTO_TCP, TCP_NODELAY, 0);
    }
    return rc;
}
