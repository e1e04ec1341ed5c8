/*
 * sockopt.c - the options of a socket, of whatever family: those that are
 * not as the kernel makes them go into a list, and are set again from it.
 *
 * What is left at its default is not saved, so that a socket which nobody
 * tuned gets the defaults of the machine it is restarted on. The families'
 * own options (TCP_NODELAY, ...) come as a table from their kinds. Buffers
 * read back as twice what was asked for, and the kernel sizes those of TCP
 * itself as long as nobody has set one: SO_BUF_LOCK tells, and comes last, as
 * setting a size sets it. What a socket must have before it is bound is set
 * before that, and not again: an option that is as it should be is left alone.
 */
#include "lib/res/kind.h"

#include <net/if.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#ifndef SO_BUF_LOCK
#define SO_BUF_LOCK 72
#endif
#ifndef SO_PASSPIDFD
#define SO_PASSPIDFD 76
#endif
/* Newer than the headers may be. */
#ifndef SO_RESERVE_MEM
#define SO_RESERVE_MEM 73
#endif
#ifndef SO_TXREHASH
#define SO_TXREHASH 74
#endif
#ifndef SO_RCVMARK
#define SO_RCVMARK 75
#endif
#define CK_SO_RCVPRIORITY 82 /* Linux 6.14 */
#define CK_SO_PASSRIGHTS 83  /* 6.16 */
#define CK_SO_INQ 84         /* 6.17 */
#define SNDBUF_LOCK 1
#define RCVBUF_LOCK 2

/* SO_TIMESTAMP and SO_TIMESTAMPNS read as 0 when the other one is on, and so
 * do the old and the new form of each. */
#define INTS(I)                                                           \
    I(SO_REUSEADDR) I(SO_REUSEPORT) I(SO_KEEPALIVE) I(SO_BROADCAST)       \
    I(SO_OOBINLINE) I(SO_DONTROUTE) I(SO_PRIORITY) I(SO_RCVLOWAT)         \
    I(SO_PASSCRED) I(SO_PASSSEC) I(SO_PASSPIDFD) I(SO_PEEK_OFF)           \
    I(SO_TIMESTAMP) I(SO_TIMESTAMPNS) I(SO_RXQ_OVFL) I(SO_NO_CHECK)       \
    I(SO_MARK) I(SO_BUSY_POLL) I(SO_PREFER_BUSY_POLL) I(SO_ZEROCOPY)      \
    I(SO_SELECT_ERR_QUEUE) I(SO_WIFI_STATUS) I(SO_NOFCS) I(SO_DEBUG)      \
    I(SO_RCVMARK) I(SO_TXREHASH) I(SO_RESERVE_MEM) I(CK_SO_RCVPRIORITY)   \
    I(CK_SO_PASSRIGHTS) I(CK_SO_INQ) I(SO_TIMESTAMP_NEW)                  \
    I(SO_TIMESTAMPNS_NEW) I(SO_SNDBUF) I(SO_RCVBUF)
#define INT_ENTRY(o) {SOL_SOCKET, o, sizeof(int)},

static const struct ck_res_sockopt common[] = {
    {SOL_SOCKET, SO_BINDTODEVICE, IFNAMSIZ},
    INTS(INT_ENTRY)
    {SOL_SOCKET, SO_LINGER, sizeof(struct linger)},
    {SOL_SOCKET, SO_RCVTIMEO, sizeof(struct timeval)},
    {SOL_SOCKET, SO_SNDTIMEO, sizeof(struct timeval)},
    {SOL_SOCKET, SO_TIMESTAMPING, 2 * sizeof(int)},
    {SOL_SOCKET, SO_TIMESTAMPING_NEW, 2 * sizeof(int)},
    {SOL_SOCKET, SO_TXTIME, 2 * sizeof(int)},
    {SOL_SOCKET, SO_MAX_PACING_RATE, sizeof(uint64_t)},
};

#define VALUE_MAX 128u /* bytes of one value; a filter has its own bound */
#define FILTER_SIZE 8u /* one instruction */
#define FILTER_MAX 4096u

/* One option in the list. */
#define ITEM_FIELDS(F) F(U32, level) F(U32, name) F(BLOB, value)
CK_RECORD(item, ITEM_FIELDS)

static int is_buffer(int level, int name)
{
    return level == SOL_SOCKET && (name == SO_SNDBUF || name == SO_RCVBUF);
}

/* Is the buffer as large as the program, not the kernel, wanted it? */
static int buffer_chosen(int fd, int name)
{
    int locks, protocol = 0;
    int bit = name == SO_SNDBUF ? SNDBUF_LOCK : RCVBUF_LOCK;
    socklen_t len = sizeof(locks), n = sizeof(protocol);

    getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &n);
    return protocol != IPPROTO_TCP ||
           getsockopt(fd, SOL_SOCKET, SO_BUF_LOCK, &locks, &len) < 0 ||
           (locks & bit);
}

static void save_one(int fd, int fresh, const struct ck_res_sockopt *o,
                     struct ck_wr *w)
{
    uint8_t now[VALUE_MAX] = {0}, then[VALUE_MAX] = {0};
    socklen_t n = o->size, m = o->size;
    struct item i = {(uint32_t)o->level, (uint32_t)o->name, {now, 0}};

    if (is_buffer(o->level, o->name) && !buffer_chosen(fd, o->name))
        return;
    if (o->size > VALUE_MAX ||
        getsockopt(fd, o->level, o->name, now, &n) < 0)
        return; /* this kernel, or this family, does not have it */
    if (getsockopt(fresh, o->level, o->name, then, &m) == 0 && m == n &&
        !memcmp(now, then, n))
        return;
    i.value.n = n;
    item_put(w, &i);
}

/* Always: a size that is put back sets it. */
static void save_locks(int fd, struct ck_wr *w)
{
    int locks;
    struct item i = {SOL_SOCKET, SO_BUF_LOCK, {&locks, sizeof(locks)}};
    socklen_t n = sizeof(locks);

    if (!getsockopt(fd, SOL_SOCKET, SO_BUF_LOCK, &locks, &n))
        item_put(w, &i);
}

/* The kernel gives a filter back as it was given, unless it is eBPF. */
static int save_filter(int fd, struct ck_wr *w, char *why, size_t cap)
{
    static uint64_t code[FILTER_MAX];
    struct item i = {SOL_SOCKET, SO_ATTACH_FILTER, {code, 0}};
    socklen_t n = 0;
    int rc = getsockopt(fd, SOL_SOCKET, SO_GET_FILTER, NULL, &n);

    if (rc == 0 && n > 0 && n <= FILTER_MAX)
        rc = getsockopt(fd, SOL_SOCKET, SO_GET_FILTER, code, &n);
    if (rc < 0 && errno == EACCES)
        return ck_res_why(why, cap, -ENOTSUP,
                          "a socket with an eBPF program: these can't be "
                          "saved; detach it before the checkpoint");
    i.value.n = n * FILTER_SIZE;
    if (rc == 0 && n > 0 && n <= FILTER_MAX)
        item_put(w, &i);
    return 0;
}

static const struct ck_res_sockopt filter_lock = {SOL_SOCKET, SO_LOCK_FILTER,
                                                  sizeof(int)};

int ck_res_sockopts_save(struct ck_res_save *c, const struct ck_res_ofd *o,
                         int fd, const struct ck_res_sockopt *more,
                         size_t n, struct ck_wr *w)
{
    int fresh = socket(o->domain, o->type | SOCK_CLOEXEC, o->protocol), rc;

    if (fresh < 0)
        return ck_res_why(c->why, c->whycap, -EAGAIN,
                          "a socket whose options can't be compared: %s",
                          strerror(errno));
    for (size_t i = 0; i < sizeof(common) / sizeof(common[0]); i++)
        save_one(fd, fresh, &common[i], w);
    for (size_t i = 0; i < n; i++)
        save_one(fd, fresh, &more[i], w);
    rc = save_filter(fd, w, c->why, c->whycap);
    save_one(fd, fresh, &filter_lock, w);
    save_locks(fd, w);
    close(fresh);
    return rc;
}

/* force: the name by which one with CAP_NET_ADMIN may be over the limit. */
static int set_buffer(int fd, int name, int force, struct ck_blob value)
{
    int v;

    if (value.n != sizeof(v))
        return -EBADMSG;
    memcpy(&v, value.p, sizeof(v));
    v /= 2;
    if (setsockopt(fd, SOL_SOCKET, force, &v, sizeof(v)) == 0 ||
        setsockopt(fd, SOL_SOCKET, name, &v, sizeof(v)) == 0)
        return 0;
    return -errno;
}

static int set_filter(int fd, struct ck_blob value)
{
    static uint64_t code[FILTER_MAX]; /* aligned */
    struct {
        uint16_t len;
        void *code;
    } prog = {(uint16_t)(value.n / FILTER_SIZE), code};

    if (!prog.len || value.n > sizeof(code) || value.n % FILTER_SIZE)
        return -EBADMSG;
    memcpy(code, value.p, value.n);
    return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog))
               ? -errno
               : 0;
}

/* Has it that value already? Some can't be set twice. */
static int is_so(int fd, const struct item *i)
{
    uint8_t now[VALUE_MAX] = {0};
    socklen_t n = sizeof(now);

    return i->value.n <= sizeof(now) && i->name != SO_ATTACH_FILTER &&
           !getsockopt(fd, (int)i->level, (int)i->name, now, &n) &&
           n == i->value.n && !memcmp(now, i->value.p, n);
}

static int set_one(int fd, const struct item *i)
{
    if (is_so(fd, i))
        return 0;
    if (i->level == SOL_SOCKET && i->name == SO_SNDBUF)
        return set_buffer(fd, SO_SNDBUF, SO_SNDBUFFORCE, i->value);
    if (i->level == SOL_SOCKET && i->name == SO_RCVBUF)
        return set_buffer(fd, SO_RCVBUF, SO_RCVBUFFORCE, i->value);
    if (i->level == SOL_SOCKET && i->name == SO_ATTACH_FILTER)
        return set_filter(fd, i->value);
    return setsockopt(fd, (int)i->level, (int)i->name, i->value.p, i->value.n)
               ? -errno
               : 0;
}

/* Which addresses it can be bound to depends on these. */
static int is_early(const struct item *i)
{
    return (i->level == SOL_SOCKET && i->name == SO_BINDTODEVICE) ||
           (i->level == IPPROTO_IP && i->name == IP_FREEBIND) ||
           (i->level == IPPROTO_IPV6 && i->name == IPV6_FREEBIND);
}

static int set_all(struct ck_res_load *c, int fd, struct ck_blob list,
                   int early)
{
    struct ck_rd r;

    ck_rd_init(&r, list.p, list.n);
    while (r.pos < r.len) {
        struct item i = {(uint32_t)ck_get_uint(&r, 4),
                         (uint32_t)ck_get_uint(&r, 4), ck_get_blob(&r)};
        int rc = r.bad ? -EBADMSG
                 : early && !is_early(&i) ? 0 : set_one(fd, &i);

        if (rc)
            return ck_res_why(c->why, c->whycap, rc,
                              "a socket whose option %u of level %u can't be "
                              "set: %s", i.name, i.level, strerror(-rc));
    }
    return 0;
}

int ck_res_sockopts_set(struct ck_res_load *c, int fd, struct ck_blob list)
{
    return set_all(c, fd, list, 0);
}

int ck_res_sockopts_bind(struct ck_res_load *c, int fd, struct ck_blob list)
{
    return set_all(c, fd, list, 1);
}

int ck_res_sockopts_check(struct ck_res_load *c, int domain, int type,
                          int protocol, struct ck_blob list)
{
    int fd, rc;

    fd = socket(domain, type | SOCK_CLOEXEC, protocol);
    if (fd < 0)
        return ck_res_why(c->why, c->whycap, -errno,
                          "can't make a socket (family %d, type %d): %s",
                          domain, type, strerror(errno));
    rc = ck_res_sockopts_set(c, fd, list);
    close(fd);
    return rc;
}
