/*
 * client.c - see client.h. Time limits are absolute moments on the
 * monotonic clock, so that EINTR and slow trickles cannot stretch them.
 */
#include "lib/proto/client.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <time.h>

#include "lib/proto/addr.h"
#include "lib/proto/auth.h"
#include "lib/sys/fmt.h"
#include "lib/sys/syscall.h"

#define NEVER INT64_MAX

static int64_t now_ms(void)
{
    struct timespec ts;

    sys2(SYS_clock_gettime, CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static int64_t moment(int timeout_ms)
{
    return timeout_ms < 0 ? NEVER : now_ms() + timeout_ms;
}

/* 1 when ready (an error counts: the next call on fd reports it), 0 when
 * the moment `until` has come, or -errno. */
static long wait_ready(int fd, short events, int64_t until)
{
    for (;;) {
        struct pollfd p = {.fd = fd, .events = events};
        struct timespec ts = {0, 0};
        int64_t left = until == NEVER ? 0 : until - now_ms();
        long r;

        if (left > 0) {
            ts.tv_sec = left / 1000;
            ts.tv_nsec = left % 1000 * 1000000;
        }
        r = sys5(SYS_ppoll, &p, 1, until == NEVER ? NULL : &ts, NULL, 0);
        if (r != -EINTR)
            return r;
    }
}

static long send_until(int fd, const uint8_t *p, size_t n, int64_t until)
{
    while (n) {
        long r = sys6(SYS_sendto, fd, p, n, MSG_NOSIGNAL | MSG_DONTWAIT,
                      NULL, 0);

        if (r == -EAGAIN) {
            r = wait_ready(fd, POLLOUT, until);
            if (r == 0)
                return -ETIMEDOUT;
            r = r > 0 ? 0 : r;
        }
        if (r < 0 && r != -EINTR)
            return r;
        if (r > 0) {
            p += r;
            n -= (size_t)r;
        }
    }
    return 0;
}

long ck_client_send(int fd, const void *frame, size_t len)
{
    return send_until(fd, frame, len, moment(CK_CLIENT_SEND_MS));
}

void ck_client_rx_init(struct ck_client_rx *rx, void *buf, size_t cap)
{
    rx->buf = buf;
    rx->cap = cap;
    rx->len = rx->used = 0;
}

static long recv_until(int fd, struct ck_client_rx *rx, int64_t until,
                       struct ck_frame *f)
{
    for (;;) {
        long r = ck_frame_parse(rx->buf + rx->used, rx->len - rx->used, f);

        if (r < 0)
            return r;
        if (r > 0) {
            rx->used += (size_t)r;
            return 1;
        }
        for (size_t i = rx->used; rx->used && i < rx->len; i++)
            rx->buf[i - rx->used] = rx->buf[i];
        rx->len -= rx->used;
        rx->used = 0;
        if (rx->len == rx->cap)
            return -EMSGSIZE;
        r = sys6(SYS_recvfrom, fd, rx->buf + rx->len, rx->cap - rx->len,
                 MSG_DONTWAIT, NULL, NULL);
        if (r == 0)
            return -EPIPE;
        if (r > 0)
            rx->len += (size_t)r;
        if (r == -EAGAIN) {
            r = wait_ready(fd, POLLIN, until);
            if (r <= 0)
                return r;
        } else if (r < 0 && r != -EINTR) {
            return r;
        }
    }
}

long ck_client_recv(int fd, struct ck_client_rx *rx, int timeout_ms,
                    struct ck_frame *f)
{
    return recv_until(fd, rx, moment(timeout_ms), f);
}

/* Both sides prove the key. The buffer is small on purpose: who answers
 * with anything but a CHALLENGE is not a coordinator. */
static long handshake(int fd, const uint8_t key[CK_KEY_SIZE], uint8_t role,
                      int64_t until)
{
    uint8_t out[64], in[64], mac[CK_MAC_SIZE];
    struct ck_msg_hello hello = {.role = role};
    struct ck_msg_challenge ch;
    struct ck_msg_prove prove;
    struct ck_client_rx rx;
    struct ck_frame f;
    long n;

    n = ck_auth_random(hello.nonce, sizeof hello.nonce);
    if (n == 0)
        n = CK_FRAME(out, sizeof out, hello, HELLO, &hello);
    if (n > 0)
        n = send_until(fd, out, (size_t)n, until);
    if (n < 0)
        return n;
    ck_client_rx_init(&rx, in, sizeof in);
    n = recv_until(fd, &rx, until, &f);
    if (n <= 0)
        return n ? n : -ETIMEDOUT;
    if (f.type != CK_MSG_CHALLENGE || CK_DECODE(&f, challenge, &ch) < 0)
        return -EPROTO;
    ck_auth_mac(mac, key, 'S', role, hello.nonce, ch.nonce);
    if (!ck_auth_equal(mac, ch.mac))
        return -EACCES;
    ck_auth_mac(prove.mac, key, 'C', role, ch.nonce, hello.nonce);
    n = CK_FRAME(out, sizeof out, prove, PROVE, &prove);
    return n < 0 ? n : send_until(fd, out, (size_t)n, until);
}

/* One address. The descriptor or -errno. */
static long try_address(const struct ck_addr *a, const uint8_t *key,
                        uint8_t role, int64_t until)
{
    int one = 1, err = 0, len = sizeof err;
    long r, fd = sys3(SYS_socket, a->family,
                      SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (fd < 0)
        return fd;
    sys5(SYS_setsockopt, fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    sys5(SYS_setsockopt, fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof one);
    r = sys3(SYS_connect, fd, &a->sa, a->len);
    if (r == -EINPROGRESS || r == -EINTR) {
        r = wait_ready((int)fd, POLLOUT, until);
        if (r > 0)
            r = sys5(SYS_getsockopt, fd, SOL_SOCKET, SO_ERROR, &err, &len);
        else if (r == 0)
            r = -ETIMEDOUT;
        if (r == 0)
            r = -err;
    }
    if (r == 0)
        r = handshake((int)fd, key, role, until);
    if (r < 0) {
        sys1(SYS_close, fd);
        return r;
    }
    return fd;
}

static const char *failure(long r)
{
    if (r == -ECONNREFUSED)
        return "nobody listens there, it has ended";
    if (r == -ETIMEDOUT)
        return "no answer in time";
    if (r == -EACCES)
        return "it does not hold this job's key";
    if (r == -EPROTO || r == -EMSGSIZE)
        return "what answers is not a coordinator of this version";
    if (r == -EPIPE || r == -ECONNRESET)
        return "it closed the connection";
    if (r == -EHOSTUNREACH || r == -ENETUNREACH)
        return "its address cannot be reached";
    return "connecting failed";
}

/* Reads D/coordinator: "ADDR[,ADDR...] PORT PID NODE". */
static long load_address(const char *job_dir, char *text, size_t cap,
                         char *why, size_t why_cap)
{
    char path[1100];
    long r = ck_fmt(path, sizeof path, "%s/coordinator", job_dir);

    if (r > 0)
        r = ck_read_file(path, text, cap);
    if (r == -ENOENT)
        ck_fmt(why, why_cap, "no coordinator runs for %s", job_dir);
    else if (r < 0)
        ck_fmt(why, why_cap, "cannot read %s: error %d", path, (int)-r);
    return r;
}

long ck_client_connect(const char *job_dir, uint8_t role, int limit_ms,
                       char *why, size_t why_cap)
{
    int64_t end = moment(limit_ms < 0 ? 0 : limit_ms);
    struct ck_addr addr[CK_ADDR_MAX];
    uint8_t key[CK_KEY_SIZE];
    char path[1100], text[1024];
    long r;
    int n;

    r = load_address(job_dir, text, sizeof text, why, why_cap);
    if (r >= 0) {
        r = ck_fmt(path, sizeof path, "%s/key", job_dir);
        if (r > 0)
            r = ck_auth_load_key(path, key, why, why_cap);
    }
    if (r < 0)
        return r;
    n = ck_addr_parse(text, addr, CK_ADDR_MAX);
    if (n <= 0) {
        ck_fmt(why, why_cap, "%s/coordinator holds no address", job_dir);
        return -EBADMSG;
    }
    /* An address that swallows packets may use only its share. */
    for (int i = 0; i < n; i++) {
        int64_t now = now_ms();

        r = try_address(&addr[i], key, role, now + (end - now) / (n - i));
        if (r >= 0)
            return r;
    }
    ck_fmt(why, why_cap, "coordinator of %s (%s): %s (error %d)", job_dir,
           text, failure(r), (int)-r);
    return r;
}
