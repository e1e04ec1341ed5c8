/*
 * unix_make.c - Unix sockets again: connections with the names and the
 * credentials that both ends had.
 *
 * A connection whose one end has a name was made by connect and accept, and
 * that end took its name from a listening socket: it is made so again, over
 * the very one if it is of the tree, else over one that is gone afterwards.
 * Ends without a name are a socketpair. An end that has no other in the tree
 * gets one which is closed when all is loaded, as if its peer had ended.
 * SO_PEERCRED tells who called listen, connect or socketpair: see speak_as
 * in load.h.
 */
#include "lib/res/unix.h"

#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define KEY_PAIR (~UINT64_C(0) - 2)     /* of ck_res_share, by pair */
#define KEY_LISTENER (~UINT64_C(0) - 3) /* by its OFD */
#define NO_INODE (UINT64_C(1) << 62)     /* those have 32 bits here */

int ck_unix_as(struct ck_res_load *c, uint32_t cred, int (*fn)(void *arg),
               void *arg)
{
    return c->speak_as && cred ? c->speak_as(c, cred, fn, arg) : fn(arg);
}

struct call {
    int fd, backlog, out[2], type;
    const struct sockaddr_un *a;
    socklen_t len;
};

static int do_listen(void *arg)
{
    const struct call *k = arg;

    return listen(k->fd, k->backlog) < 0 ? -errno : 0;
}

static int do_connect(void *arg)
{
    const struct call *k = arg;
    int flags = fcntl(k->fd, F_GETFL), rc;

    fcntl(k->fd, F_SETFL, flags | O_NONBLOCK);
    rc = connect(k->fd, (const struct sockaddr *)k->a, k->len) < 0 ? -errno
                                                                   : 0;
    fcntl(k->fd, F_SETFL, flags);
    return rc;
}

/* The numbers are known before, as a process that stands in shares
 * descriptors, not memory. */
static int do_pair(void *arg)
{
    const struct call *k = arg;
    int s[2], rc = 0;

    if (socketpair(AF_UNIX, k->type | SOCK_CLOEXEC, 0, s) < 0)
        return -errno;
    for (int i = 0; i < 2; i++) {
        if (dup3(s[i], k->out[i], O_CLOEXEC) < 0)
            rc = -errno;
        close(s[i]);
    }
    return rc;
}

int ck_unix_listen(struct ck_res_load *c, int fd, uint32_t cred, int backlog)
{
    struct call k = {.fd = fd, .backlog = backlog};

    return ck_unix_as(c, cred, do_listen, &k);
}

int ck_unix_connect(struct ck_res_load *c, int fd, uint32_t cred,
                    const struct sockaddr_un *a, socklen_t len)
{
    struct call k = {.fd = fd, .a = a, .len = len};

    return ck_unix_as(c, cred, do_connect, &k);
}

/* The other end, where that is of the tree. */
static int peer_of(struct ck_res_load *c, const struct ck_unix *u,
                   struct ck_unix *peer)
{
    const struct ck_ofd *rec = u->peer ? c->record(c, u->peer) : NULL;
    struct ck_rd r;

    if (!rec)
        return 0;
    ck_rd_init(&r, rec->body.p, rec->body.n);
    return !ck_unix_get(&r, peer);
}

unsigned ck_unix_shut_before(struct ck_res_load *c, const struct ck_unix *u)
{
    struct ck_unix peer;

    if (u->type == SOCK_DGRAM || u->state != CK_UNIX_CONNECTED ||
        !peer_of(c, u, &peer))
        return 0;
    return u->shutdown & ~(peer.shutdown >> 1 | (peer.shutdown & 1u) << 1);
}

static int new_socket(const struct ck_unix *u)
{
    int fd = socket(AF_UNIX, (int)u->type | SOCK_CLOEXEC, 0);

    return fd < 0 ? -errno : fd;
}

static int own_pair(struct ck_res_load *c, const struct ck_unix *u,
                    struct ck_res_shared *s)
{
    struct call k = {.type = (int)u->type};

    for (int i = 0; i < 2; i++) {
        s->fd[i] = open("/dev/null", O_RDONLY | O_CLOEXEC);
        if (s->fd[i] < 0)
            return -errno;
        k.out[i] = s->fd[i];
    }
    return ck_unix_as(c, u->cred, do_pair, &k);
}

uint64_t ck_unix_listener_key(const struct ck_unix *u)
{
    return NO_INODE | u->listener;
}

/* A listening socket of that name. key: what ck_unix_reach knows it by. */
static int new_listener(struct ck_res_load *c, const struct ck_unix *u,
                        uint64_t key)
{
    struct ck_unix named = *u;
    int fd = new_socket(u), rc;

    if (fd < 0)
        return fd;
    named.ino = key;
    named.end = CK_UNIX_PAIR;
    rc = ck_unix_bind(c, fd, &named);
    if (!rc && listen(fd, 1) < 0)
        rc = -errno;
    if (!rc)
        return fd;
    close(fd);
    return rc;
}

/* The one of the tree, whoever needs it first. */
static int tree_listener(struct ck_res_load *c, const struct ck_unix *u)
{
    uint64_t key = ck_unix_listener_key(u);
    struct ck_res_shared *s;
    int fresh;

    s = ck_res_share(c, KEY_LISTENER, u->listener, &fresh);
    if (!s)
        return -ENOMEM;
    if (fresh)
        s->fd[0] = new_listener(c, u, key);
    return s->fd[0];
}

/* What the client had shut down when it connected; nothing was sent there. */
static void shut_client(struct ck_res_load *c, const struct ck_unix *u, int fd)
{
    struct ck_unix client = *u;
    unsigned how;

    if (u->end == CK_UNIX_SERVER && !peer_of(c, u, &client))
        return; /* it has gone, and both halves with it */
    how = ck_unix_shut_before(c, &client);
    if (how)
        shutdown(fd, (int)how - 1);
}

/* Connects the ends over listener L, both as who they were. */
static int over(struct ck_res_load *c, const struct ck_unix *u, int l,
                uint64_t key, struct ck_res_shared *s)
{
    int server = u->end == CK_UNIX_SERVER ? u->side : 1 - u->side, rc;
    uint32_t connector = u->end == CK_UNIX_SERVER ? u->cred : u->peer_cred;
    uint32_t host = u->end == CK_UNIX_SERVER ? u->peer_cred : u->cred;
    struct sockaddr_un a;
    socklen_t len = ck_unix_reach(c, l, key, &a);

    if (!len)
        return -EADDRNOTAVAIL;
    rc = ck_unix_listen(c, l, host, 1);
    shut_client(c, u, s->fd[1 - server]);
    if (!rc)
        rc = ck_unix_connect(c, s->fd[1 - server], connector, &a, len);
    if (rc)
        return rc;
    s->fd[server] = accept4(l, NULL, NULL, SOCK_CLOEXEC);
    return s->fd[server] < 0 ? -errno : 0;
}

/* The client's own name is bound when it is loaded itself. */
static int connected(struct ck_res_load *c, const struct ck_unix *u,
                     struct ck_res_shared *s)
{
    int client = u->end == CK_UNIX_CLIENT ? u->side : 1 - u->side, l, rc;
    struct ck_unix v = *u;
    uint64_t key;

    if (s->fd[client] < 0)
        s->fd[client] = new_socket(u);
    if (s->fd[client] < 0)
        return s->fd[client];
    if (u->end == CK_UNIX_CLIENT && u->peer)
        return 0; /* its server connects it */
    if (u->end == CK_UNIX_SERVER && u->listener) {
        l = tree_listener(c, u);
        return l < 0 ? l : over(c, u, l, ck_unix_listener_key(u), s);
    }
    if (u->end == CK_UNIX_CLIENT)
        v.name = u->peer_name;
    v.file = CK_UNIX_NO_FILE;
    v.moved = "";
    key = NO_INODE << 1 | u->pair;
    l = new_listener(c, &v, key);
    rc = l < 0 ? l : over(c, u, l, key, s);
    if (l >= 0)
        close(l);
    return rc;
}

static int copy(int fd)
{
    int r = fd < 0 ? fd : fcntl(fd, F_DUPFD_CLOEXEC, 3);

    return r < 0 && fd >= 0 ? -errno : r;
}

static int from_pair(struct ck_res_load *c, const struct ck_unix *u)
{
    struct ck_res_shared *s;
    int fresh, rc = 0;

    s = ck_res_share(c, KEY_PAIR, u->pair, &fresh);
    if (!s)
        return -ENOMEM;
    if (u->end == CK_UNIX_PAIR && fresh)
        rc = own_pair(c, u, s);
    else if (u->end != CK_UNIX_PAIR && (s->fd[0] < 0 || s->fd[1] < 0))
        rc = connected(c, u, s);
    return rc ? rc : copy(s->fd[u->side]);
}

/* Is it bound by itself, and not through the connection that it came by? */
static int has_own_name(const struct ck_unix *u)
{
    return u->name.n && u->end != CK_UNIX_SERVER;
}

int ck_unix_make(struct ck_res_load *c, const struct ck_unix *u)
{
    int fd, rc = 0;

    if (u->state == CK_UNIX_LISTENING)
        fd = copy(tree_listener(c, u));
    else if (u->pair)
        fd = from_pair(c, u);
    else
        fd = new_socket(u);
    if (fd >= 0 && u->state != CK_UNIX_LISTENING && has_own_name(u))
        rc = ck_unix_bind(c, fd, u);
    if (!rc || u->end == CK_UNIX_CLIENT)
        return fd;
    close(fd);
    return rc;
}

int ck_unix_other(struct ck_res_load *c, const struct ck_unix *u)
{
    struct ck_res_shared *s;
    int fresh;

    if (!u->pair || u->peer)
        return -1;
    s = ck_res_share(c, KEY_PAIR, u->pair, &fresh);
    return s ? s->fd[1 - u->side] : -1;
}
