/* link.c - see link.h. */
#include "coordinator/link.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/base/log.h"

#define FULL_MS 2
#define TOLD_MS 1000 /* strangers may come in thousands */
#define STRANGER_FRAME 64 /* HELLO and PROVE are smaller */
#define FIRST_BUFFER 2048

uint8_t ck_link_scratch[CK_FRAME_MAX];

void ck_links_init(struct ck_links *s, struct ck_loop *loop,
                   const uint8_t key[CK_KEY_SIZE],
                   const struct ck_link_ops *ops, void *arg)
{
    *s = (struct ck_links){.loop = loop, .ops = ops, .arg = arg};
    TAILQ_INIT(&s->all);
    TAILQ_INIT(&s->strange);
    memcpy(s->key, key, CK_KEY_SIZE);
}

static void free_link(void *arg)
{
    struct ck_link *l = arg;

    free(l->rx);
    free(l->tx);
    free(l);
}

static void no_stranger(struct ck_link *l)
{
    TAILQ_REMOVE(&l->set->strange, l, stranger);
    l->set->strangers--;
}

void ck_link_close(struct ck_link *l, const char *why)
{
    enum ck_link_state was = l->state;
    struct ck_links *s = l->set;

    if (was == CK_LINK_CLOSED)
        return;
    l->state = CK_LINK_CLOSED;
    ck_loop_remove(s->loop, &l->watch);
    ck_loop_disarm(s->loop, &l->auth_limit);
    close(l->watch.fd);
    l->watch.fd = -1;
    TAILQ_REMOVE(&s->all, l, entry);
    if (was == CK_LINK_OPEN)
        s->ops->closed(s->arg, l, why);
    else
        no_stranger(l);
    l->free_later = (struct ck_deferred){.fn = free_link, .arg = l};
    ck_loop_defer(s->loop, &l->free_later);
}

static void turn_away(struct ck_link *l, const char *why)
{
    struct ck_links *s = l->set;

    if (!s->told || ck_now() >= s->told + TOLD_MS) {
        s->told = ck_now();
        ck_log("a connection is closed: %s", why);
    }
    ck_link_close(l, why);
}

/* A peer is never closed while somebody walks over the peers: that this one is
 * over is noticed by the loop, as the socket becomes readable. */
static void hang_up(struct ck_link *l)
{
    shutdown(l->watch.fd, SHUT_RDWR);
}

void ck_link_finish(struct ck_link *l)
{
    l->finishing = 1;
    if (l->state != CK_LINK_CLOSED && l->tx_len == 0)
        hang_up(l);
}

/* Room for n more bytes, at most max altogether. */
static int grow(uint8_t **p, size_t *cap, size_t len, size_t n, size_t max)
{
    size_t want = *cap ? *cap : FIRST_BUFFER;
    uint8_t *q;

    if (n > max - len)
        return -ENOBUFS;
    while (want < len + n)
        want *= 2;
    if (want == *cap)
        return 0;
    q = realloc(*p, want);
    if (!q)
        return -ENOMEM;
    *p = q;
    *cap = want;
    return 0;
}

/* Sends what it can. Negative: the link is closed now. */
static int flush_tx(struct ck_link *l)
{
    size_t done = 0;

    while (done < l->tx_len) {
        ssize_t n = send(l->watch.fd, l->tx + done, l->tx_len - done,
                         MSG_NOSIGNAL | MSG_DONTWAIT);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN)
            break;
        if (n < 0) {
            ck_link_close(l, strerror(errno));
            return -1;
        }
        done += (size_t)n;
    }
    if (done)
        memmove(l->tx, l->tx + done, l->tx_len - done);
    l->tx_len -= done;
    ck_loop_change(l->set->loop, &l->watch,
                   EPOLLIN | (l->tx_len ? EPOLLOUT : 0));
    if (l->finishing && !l->tx_len) {
        ck_link_close(l, "finished");
        return -1;
    }
    return 0;
}

void ck_link_send(struct ck_link *l, const void *frame, long n)
{
    if (l->state == CK_LINK_CLOSED)
        return;
    if (n < 0 || grow(&l->tx, &l->tx_cap, l->tx_len, (size_t)n,
                      CK_LINK_BACKLOG) < 0) {
        hang_up(l);
        return;
    }
    memcpy(l->tx + l->tx_len, frame, (size_t)n);
    if (l->tx_len == 0) {
        ssize_t k = send(l->watch.fd, frame, (size_t)n,
                         MSG_NOSIGNAL | MSG_DONTWAIT);

        if (k == n)
            return;
        if (k > 0) {
            n -= k;
            memmove(l->tx, l->tx + k, (size_t)n);
        }
    }
    l->tx_len += (size_t)n;
    ck_loop_change(l->set->loop, &l->watch, EPOLLIN | EPOLLOUT);
}

static void answer_hello(struct ck_link *l, const struct ck_frame *f)
{
    struct ck_msg_hello hello;
    struct ck_msg_challenge ch;

    if (f->type != CK_MSG_HELLO || CK_DECODE(f, hello, &hello) < 0 ||
        hello.role < CK_ROLE_PROCESS || hello.role > CK_ROLE_CONTROL ||
        ck_auth_random(l->server_nonce, CK_NONCE_SIZE) < 0) {
        turn_away(l, "no HELLO");
        return;
    }
    l->role = hello.role;
    memcpy(l->client_nonce, hello.nonce, CK_NONCE_SIZE);
    memcpy(ch.nonce, l->server_nonce, CK_NONCE_SIZE);
    ck_auth_mac(ch.mac, l->set->key, 'S', l->role, l->client_nonce,
                l->server_nonce);
    CK_LINK_SEND(l, challenge, CHALLENGE, &ch);
    l->state = CK_LINK_PROVE;
}

static void check_prove(struct ck_link *l, const struct ck_frame *f)
{
    uint8_t mac[CK_MAC_SIZE];
    struct ck_msg_prove prove;

    ck_auth_mac(mac, l->set->key, 'C', l->role, l->server_nonce,
                l->client_nonce);
    if (f->type != CK_MSG_PROVE || CK_DECODE(f, prove, &prove) < 0 ||
        !ck_auth_equal(mac, prove.mac)) {
        turn_away(l, "wrong key");
        return;
    }
    ck_loop_disarm(l->set->loop, &l->auth_limit);
    no_stranger(l);
    l->state = CK_LINK_OPEN;
    l->set->ops->open(l->set->arg, l);
}

static void frames(struct ck_link *l)
{
    size_t used = 0;

    while (l->state != CK_LINK_CLOSED && !l->finishing) {
        struct ck_frame f;
        long n = ck_frame_parse(l->rx + used, l->rx_len - used, &f);

        if (n == 0 && l->state != CK_LINK_OPEN &&
            l->rx_len - used >= STRANGER_FRAME)
            n = -EMSGSIZE;
        if (n < 0) {
            turn_away(l, "garbage received");
            return;
        }
        if (n == 0)
            break;
        used += (size_t)n;
        if (l->state == CK_LINK_HELLO)
            answer_hello(l, &f);
        else if (l->state == CK_LINK_PROVE)
            check_prove(l, &f);
        else
            l->set->ops->frame(l->set->arg, l, &f);
    }
    if (l->state == CK_LINK_CLOSED)
        return;
    memmove(l->rx, l->rx + used, l->rx_len - used);
    l->rx_len -= used;
}

/* Nonzero: closed. */
static int receive(struct ck_link *l)
{
    size_t max = CK_FRAME_MAX + CK_LINK_READ, room;
    ssize_t n;

    if (l->rx_cap == l->rx_len &&
        grow(&l->rx, &l->rx_cap, l->rx_len, 1, max) < 0) {
        turn_away(l, "out of memory");
        return -1;
    }
    room = l->rx_cap - l->rx_len;
    if (room > CK_LINK_READ)
        room = CK_LINK_READ;
    n = recv(l->watch.fd, l->rx + l->rx_len, room, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return 0;
    if (n <= 0) {
        ck_link_close(l, n == 0 ? "disconnected" : strerror(errno));
        return -1;
    }
    l->rx_len += (size_t)n;
    frames(l);
    return l->state == CK_LINK_CLOSED;
}

static void on_event(void *arg, uint32_t events)
{
    struct ck_link *l = arg;

    if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) && receive(l))
        return;
    if (events & EPOLLOUT)
        flush_tx(l);
}

static void auth_over(void *arg)
{
    turn_away(arg, "did not prove the key in time");
}

int ck_links_full(const struct ck_links *s)
{
    const struct ck_link *oldest = TAILQ_FIRST(&s->strange);

    if (s->strangers < CK_LINK_STRANGERS ||
        ck_now() >= oldest->since + CK_LINK_PATIENCE_MS)
        return 0;
    return FULL_MS;
}

/* The one that has been a stranger for the longest time goes, but not one that
 * has said what it has to: it may be we who have not listened, on a machine
 * that stood still. */
static void make_room(struct ck_links *s)
{
    while (s->strangers >= CK_LINK_STRANGERS) {
        struct ck_link *l = TAILQ_FIRST(&s->strange);
        enum ck_link_state was = l->state;

        if (receive(l) || l->state == CK_LINK_OPEN)
            continue;
        if (l->state == was) {
            turn_away(l, "too many strangers");
            return;
        }
        l->since = ck_now();
        TAILQ_REMOVE(&s->strange, l, stranger);
        TAILQ_INSERT_TAIL(&s->strange, l, stranger);
    }
}

void ck_link_add(struct ck_links *s, int fd)
{
    struct ck_link *l = calloc(1, sizeof *l);

    if (!l) {
        close(fd);
        return;
    }
    make_room(s);
    l->since = ck_now();
    l->set = s;
    l->watch = (struct ck_watch){.fd = fd, .fn = on_event, .arg = l};
    l->auth_limit = (struct ck_timer){.fn = auth_over, .arg = l};
    if (ck_loop_add(s->loop, &l->watch, EPOLLIN) < 0) {
        close(fd);
        free(l);
        return;
    }
    s->strangers++;
    TAILQ_INSERT_TAIL(&s->all, l, entry);
    TAILQ_INSERT_TAIL(&s->strange, l, stranger);
    ck_loop_arm(s->loop, &l->auth_limit, ck_now() + CK_LINK_AUTH_MS);
}

void ck_links_shutdown(struct ck_links *s, int limit_ms)
{
    int64_t end = ck_now() + limit_ms;
    struct ck_link *l, *next;

    for (l = TAILQ_FIRST(&s->all); l; l = next) {
        next = TAILQ_NEXT(l, entry);
        while (l->tx_len && l->state == CK_LINK_OPEN && ck_now() < end) {
            struct pollfd p = {.fd = l->watch.fd, .events = POLLOUT};

            poll(&p, 1, (int)(end - ck_now()));
            if (flush_tx(l) < 0)
                break;
        }
        ck_link_close(l, "the coordinator ends");
    }
}
