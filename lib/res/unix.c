/*
 * unix.c - sockets of the Unix domain: stream, datagram, seqpacket; pairs,
 * connections, what listens, what waits to be accepted, what is in queues.
 *
 * load makes sockets and connections, with names. link comes when all are
 * there: it fills queues, since messages may hold any other description and
 * may have come from any other socket; connects datagram sockets and clients
 * that were not accepted; then sets options. settle shuts halves down: a
 * sender or a receiver that was can do nothing for anybody's queue.
 *
 * A peer outside of the tree does not come back. Its end is one of ours that
 * is closed when all is loaded, so the program reads what had arrived, and
 * then finds what it would if the peer had ended.
 */
#include "lib/res/unix.h"

#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

CK_RES_BODY(ck_unix, "a Unix socket")

#define KEEP_FLAGS (O_NONBLOCK | O_ASYNC)

static int unix_match(const struct ck_res_ofd *o)
{
    return S_ISSOCK(o->st.st_mode) && o->domain == AF_UNIX;
}

/* ---- saving ---- */

/* What save gathers besides the record; names and options point into it. */
struct look {
    struct ck_res_save *c;
    const struct ck_res_ofd *o, *peer;
    int fd;
    struct ck_unix_seen seen;
    struct sockaddr_un name, peer_name;
    struct ck_unix_place place;
    uint8_t opts[4096];
    struct ck_unix u;
};

static uint32_t peer_cred(const struct ck_res_save *c, int fd)
{
    struct ucred uc = {0};
    socklen_t n = sizeof(uc);

    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &uc, &n) < 0 || uc.pid <= 0)
        return 0;
    return c->speaker(c, uc.pid);
}

/* Is it in the list of a listening socket of the tree? */
static int is_pending(const struct look *k)
{
    struct ck_unix_seen s;
    size_t n;
    const struct ck_unix_known *all = ck_unix_known(k->c, &n);

    for (size_t i = 0; i < n; i++) {
        if (!all[i].listening || ck_unix_see(all[i].o->st.st_ino, &s))
            continue;
        for (size_t j = 0; j < s.npending; j++) {
            if (s.pending[j] == k->o->st.st_ino)
                return 1;
        }
    }
    return 0;
}

/* Who listens under the name: of several, as after a change of servers, the
 * one with the same file. */
static const struct ck_unix_known *find_listener(const struct look *k)
{
    const struct ck_unix_known *best = NULL;
    struct ck_blob name = k->u.name;
    struct ck_unix_seen s;
    size_t n;
    const struct ck_unix_known *all = ck_unix_known(k->c, &n);

    for (size_t i = 0; name.n && i < n; i++) {
        if (!all[i].listening || all[i].o->type != k->o->type ||
            all[i].name.n != name.n || memcmp(all[i].name.p, name.p, name.n))
            continue;
        if (!best)
            best = &all[i];
        if (k->seen.has_file && !ck_unix_see(all[i].o->st.st_ino, &s) &&
            s.has_file && s.file_ino == k->seen.file_ino)
            return &all[i];
    }
    return best;
}

/* Which end of a connection: the one with the listener's name accepted it.
 * With two names the listener decides, or else who was there later. */
static void find_end(struct look *k)
{
    struct ck_unix *u = &k->u;
    int type = k->o->type;
    const struct ck_unix_known *mine = find_listener(k);

    if (!u->name.n && !u->peer_name.n)
        u->end = CK_UNIX_PAIR;
    else if (!u->peer_name.n)
        u->end = CK_UNIX_SERVER;
    else if (!u->name.n)
        u->end = CK_UNIX_CLIENT;
    else if (mine)
        u->end = CK_UNIX_SERVER;
    else if (ck_unix_named(k->c, type, 1, u->peer_name) || !u->peer_ino)
        u->end = CK_UNIX_CLIENT;
    else
        u->end = u->ino > u->peer_ino ? CK_UNIX_SERVER : CK_UNIX_CLIENT;
    if (u->end == CK_UNIX_SERVER && mine)
        u->listener = mine->o->id;
}

static void join(struct ck_unix *u)
{
    uint64_t with = u->peer ? u->peer_ino : u->ino;

    u->pair = u->ino < with ? u->ino : with;
    u->side = u->ino > with;
}

/* A datagram socket has the peer that it sends to; only a pair, or one to
 * which the peer is connected too, can be to one without a name. */
static int find_dgram_peer(struct look *k)
{
    const char *what = NULL;
    struct ck_unix *u = &k->u;
    struct ck_unix_seen s;
    int mutual;

    if (!k->seen.has_peer)
        return 0;
    u->state = CK_UNIX_CONNECTED;
    if (!k->peer) { /* closed, or outside */
        if (!u->name.n && (u->bytes || !u->peer_ino || !u->peer_name.n))
            join(u);
        return 0;
    }
    if (ck_unix_see(u->peer_ino, &s))
        return -EAGAIN;
    mutual = s.has_peer && s.peer == u->ino;
    if (s.has_peer && !mutual)
        what = "connected to one that is connected to another";
    else if (!u->peer_name.n && !mutual)
        what = "connected to one without a name";
    if (what)
        return ck_res_why(k->c->why, k->c->whycap, -ENOTSUP,
                          "a Unix datagram socket %s: this can't be made "
                          "again; close it before the checkpoint", what);
    if (mutual && (!u->name.n || !u->peer_name.n))
        join(u);
    return 0;
}

/* Each tree goes on by itself: what leads to another one would be lost. */
static int refuse_part(const struct look *k)
{
    pid_t part = k->peer || !k->u.peer_ino
                     ? 0
                     : ck_res_other_part(k->o, (uint32_t)k->u.peer_ino);

    if (!part)
        return 0;
    return ck_res_why(k->c->why, k->c->whycap, -EAGAIN,
                      "a Unix socket that is connected to process %d, which "
                      "is in another part of the computation: these can't be "
                      "saved; close it before the checkpoint", part);
}

static int find_state(struct look *k)
{
    struct ck_unix *u = &k->u;

    if (k->o->type == SOCK_DGRAM)
        return find_dgram_peer(k);
    if (k->seen.state == TCP_LISTEN) {
        u->state = CK_UNIX_LISTENING;
        u->listener = k->o->id;
        u->backlog = k->seen.wqueue;
    } else if (k->seen.state == TCP_ESTABLISHED) {
        u->state = !u->peer_ino && is_pending(k) ? CK_UNIX_PENDING
                                                 : CK_UNIX_CONNECTED;
    }
    if (u->state != CK_UNIX_CONNECTED)
        return 0;
    find_end(k);
    join(u);
    return refuse_part(k);
}

/* One connection that waits for accept. What its client has sent already
 * lies in a socket that nobody can reach. */
static int save_pending(struct look *k, uint32_t client, struct ck_wr *w)
{
    struct ck_res_save *c = k->c;
    const struct ck_res_ofd *o = ck_unix_by_ino(c, k->o, client);
    struct ck_unix_pending p = {.client = o ? o->id : 0};
    struct ck_unix_seen s;
    size_t at = w->len;

    if (!client || ck_unix_see(client, &s))
        return ck_res_why(c->why, c->whycap, -EAGAIN,
                          "a Unix socket with a connection that was closed "
                          "before it was accepted");
    if (s.wqueue)
        return ck_res_why(c->why, c->whycap, -EAGAIN,
                          "a Unix socket with a connection that has data and "
                          "has not been accepted yet");
    if (o && o->pid != getpid())
        p.cred = c->virt(c, o->pid);
    ck_put_uint(w, 0, 4);
    ck_unix_pending_put(w, &p);
    if (!w->bad) {
        struct ck_wr len;

        ck_wr_init(&len, w->p + at, 4);
        ck_put_uint(&len, w->len - at - 4, 4);
    }
    return 0;
}

static int save_all_pending(struct look *k)
{
    static uint8_t buf[CK_UNIX_PENDING_MAX * 16];
    struct ck_wr w;
    int rc = 0;

    ck_wr_init(&w, buf, sizeof(buf));
    for (size_t i = 0; !rc && i < k->seen.npending; i++)
        rc = save_pending(k, k->seen.pending[i], &w);
    if (!rc && k->seen.npending != k->seen.rqueue)
        rc = ck_res_why(k->c->why, k->c->whycap, -EAGAIN,
                        "a Unix socket with %u connections that have not been "
                        "accepted", k->seen.rqueue);
    k->u.bytes = w.len;
    return rc ? rc : ck_unix_stream_save(k->c, k->o, buf, w.len);
}

/* Options first: looking at the queue moves SO_PEEK_OFF for a while. */
static int save_options(struct look *k)
{
    struct ck_wr w;
    int rc;

    ck_wr_init(&w, k->opts, sizeof(k->opts));
    rc = ck_res_sockopts_save(k->c, k->o, k->fd, NULL, 0, &w);
    if (!rc && w.bad)
        rc = ck_res_why(k->c->why, k->c->whycap, -ENOTSUP,
                        "a Unix socket with too many options");
    k->u.opts = (struct ck_blob){k->opts, (uint32_t)w.len};
    return rc;
}

static int look_closer(struct look *k)
{
    struct pollfd ready = {.fd = k->fd};
    struct ck_unix *u = &k->u;
    int fd, rc;

    u->type = (uint32_t)k->o->type;
    u->ino = k->o->st.st_ino;
    u->peer_ino = k->seen.has_peer ? k->seen.peer : 0;
    u->shutdown = (uint8_t)k->seen.shutdown;
    k->peer = ck_unix_by_ino(k->c, k->o, u->peer_ino);
    u->peer = k->peer ? k->peer->id : 0;
    ck_unix_name(k->fd, 0, &k->name, &u->name);
    ck_unix_name(k->fd, 1, &k->peer_name, &u->peer_name);
    u->cred = peer_cred(k->c, k->fd);
    fd = k->peer ? ck_res_take(k->peer) : -1;
    if (fd >= 0) {
        u->peer_cred = peer_cred(k->c, fd);
        close(fd);
    }
    k->c->outside = !k->peer && k->seen.state != TCP_LISTEN;
    rc = save_options(k);
    if (!rc && k->seen.state == TCP_LISTEN)
        rc = save_all_pending(k);
    else if (!rc)
        rc = ck_unix_queue_save(k->c, k->o, k->fd, &k->seen, &u->bytes);
    if (!rc)
        rc = find_state(k);
    if (!rc)
        rc = ck_unix_file_save(k->c, &k->seen, &k->place, u);
    u->error = poll(&ready, 1, 0) == 1 && (ready.revents & POLLERR);
    return rc;
}

static int unix_save(struct ck_res_save *c, const struct ck_res_ofd *o,
                     struct ck_wr *w)
{
    struct look k = {.c = c, .o = o, .fd = ck_res_take(o)};
    int rc;

    if (k.fd < 0)
        return ck_res_why(c->why, c->whycap, -EAGAIN,
                          "a Unix socket that can't be looked at: %s",
                          strerror(-k.fd));
    rc = ck_unix_see(o->st.st_ino, &k.seen);
    if (rc)
        ck_res_why(c->why, c->whycap, rc == -ENOENT ? -ENOTSUP : rc,
                   "a Unix socket of which the kernel tells nothing (%s): "
                   "it is of another network namespace, or sock_diag is not "
                   "there", strerror(-rc));
    else
        rc = look_closer(&k);
    close(k.fd);
    if (!rc)
        ck_unix_put(w, &k.u);
    return rc;
}

/* ---- the way back ---- */

static int unix_check(struct ck_res_load *c, const struct ck_ofd *rec)
{
    struct ck_unix u;
    int rc = ck_unix_of(c, rec, &u);

    if (!rc && (u.side > 1 || u.bytes > SIZE_MAX / 2 ||
                u.name.n > sizeof(((struct sockaddr_un *)0)->sun_path)))
        rc = ck_res_why(c->why, c->whycap, -EBADMSG,
                        "damaged description of a Unix socket");
    if (!rc)
        rc = ck_res_sockopts_check(c, AF_UNIX, (int)u.type, 0, u.opts);
    return rc ? rc : ck_unix_name_check(c, &u);
}

static int unix_load(struct ck_res_load *c, const struct ck_ofd *rec)
{
    struct ck_unix u;
    int rc = ck_unix_of(c, rec, &u);

    if (rc)
        return rc;
    rc = ck_unix_make(c, &u);
    if (rc < 0 && !c->why[0])
        ck_res_why(c->why, c->whycap, rc, "can't make a Unix socket: %s",
                   strerror(-rc));
    return rc;
}

/* One client in the list of a listening socket. One of outside is as if it
 * had connected and ended. */
static int connect_pending(struct ck_res_load *c,
                           const struct ck_unix_pending *p, uint32_t type,
                           const struct sockaddr_un *a, socklen_t len)
{
    int fd = p->client ? c->loaded(c, p->client)
                       : socket(AF_UNIX, (int)type | SOCK_CLOEXEC, 0);
    int rc = fd < 0 ? -EBADMSG : ck_unix_connect(c, fd, p->cred, a, len);

    if (!p->client && fd >= 0)
        close(fd);
    return rc;
}

static int link_listener(struct ck_res_load *c, const struct ck_ofd *rec,
                         const struct ck_unix *u, int fd)
{
    int rc = ck_unix_listen(c, fd, u->cred, (int)u->backlog);
    struct ck_rd r, item;
    struct sockaddr_un a;
    socklen_t len;
    void *p;

    if (rc || !u->bytes)
        return rc;
    len = ck_unix_reach(c, fd, ck_unix_listener_key(u), &a);
    p = ck_unix_stream_load(c, rec->id, u->bytes, &rc);
    ck_rd_init(&r, p, u->bytes);
    while (!rc && r.pos < r.len) {
        struct ck_unix_pending pending;

        rc = ck_unix_stream_next(&r, &item);
        if (!rc)
            rc = ck_unix_pending_get(&item, &pending);
        if (!rc)
            rc = connect_pending(c, &pending, u->type, &a, len);
    }
    free(p);
    return rc;
}

/* To a socket that is gone: connecting to one of ours leaves it so when that
 * is closed. */
static int connect_to_nobody(int fd)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    socklen_t len = offsetof(struct sockaddr_un, sun_path);
    int gone = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0), rc = 0;

    if (gone < 0 || bind(gone, (struct sockaddr *)&a, len) < 0)
        rc = -errno;
    len = sizeof(a);
    if (!rc && (getsockname(gone, (struct sockaddr *)&a, &len) < 0 ||
                connect(fd, (struct sockaddr *)&a, len) < 0))
        rc = -errno;
    if (gone >= 0)
        close(gone);
    return rc;
}

/* A service outside (a log, say) that is there again is found again. */
static int link_dgram(struct ck_res_load *c, const struct ck_unix *u, int fd)
{
    int peer = u->peer ? c->loaded(c, u->peer) : -1;
    struct sockaddr_un a;
    socklen_t len;

    if (u->state != CK_UNIX_CONNECTED || u->pair)
        return 0;
    if (peer >= 0) {
        len = ck_unix_reach(c, peer, u->peer_ino, &a);
        return ck_unix_connect(c, fd, 0, &a, len);
    }
    len = ck_unix_address(u->peer_name, &a);
    if (u->peer_ino && u->peer_name.n && !c->beside &&
        (a.sun_path[0] == '/' || !a.sun_path[0]) &&
        !ck_unix_connect(c, fd, 0, &a, len))
        return 0;
    return connect_to_nobody(fd);
}

/* The peer ended with something unread: its end does so again. */
static void leave_unread(int fd)
{
    if (send(fd, "", 1, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
        return;
}

static int link_queue(struct ck_res_load *c, const struct ck_ofd *rec,
                      const struct ck_unix *u, int fd)
{
    int other = ck_unix_other(c, u), rc;
    int peer = u->peer ? c->loaded(c, u->peer) : other;

    rc = ck_unix_queue_load(c, rec, u, fd, peer);
    if (!rc && u->error && other >= 0)
        leave_unread(fd);
    if (!rc && u->type == SOCK_DGRAM)
        rc = link_dgram(c, u, fd);
    return rc;
}

static int unix_link(struct ck_res_load *c, const struct ck_ofd *rec, int fd)
{
    struct ck_unix u;
    int rc = ck_unix_of(c, rec, &u);

    if (!rc && u.state == CK_UNIX_LISTENING)
        rc = link_listener(c, rec, &u, fd);
    else if (!rc)
        rc = link_queue(c, rec, &u, fd);
    if (!rc)
        rc = ck_res_sockopts_set(c, fd, u.opts);
    if (!rc)
        fcntl(fd, F_SETFL, rec->flags & KEEP_FLAGS);
    if (rc && !c->why[0])
        ck_res_why(c->why, c->whycap, rc,
                   "can't connect a Unix socket again: %s", strerror(-rc));
    return rc;
}

/* Of two connected ends one shuts the other down; what had been shut before
 * they were connected is so already. */
static int unix_settle(struct ck_res_load *c, const struct ck_ofd *rec, int fd)
{
    struct ck_unix u;
    unsigned how;
    int rc = ck_unix_of(c, rec, &u);

    how = rc ? 0 : u.shutdown & ~ck_unix_shut_before(c, &u);
    if (how)
        shutdown(fd, (int)how - 1);
    return rc;
}

/* An abstract name is shown with an @, as others do. */
static void put_name(char *out, size_t cap, struct ck_blob name)
{
    const char *p = name.p;

    if (name.n && p[0])
        snprintf(out, cap, " %.*s", (int)name.n, p);
    else if (name.n)
        snprintf(out, cap, " @%.*s", (int)name.n - 1, p + 1);
    else
        out[0] = '\0';
}

static void unix_describe(const struct ck_ofd *rec, char *buf, size_t cap)
{
    static const char *const states[] = {
        "", ", listening", ", connected", ", not accepted yet",
    };
    char name[128], peer[128] = "", bytes[48] = "";
    struct ck_unix u;

    if (ck_unix_of(NULL, rec, &u) || u.state > CK_UNIX_PENDING) {
        snprintf(buf, cap, "?");
        return;
    }
    put_name(name, sizeof(name), u.name);
    if (u.state == CK_UNIX_CONNECTED)
        put_name(peer, sizeof(peer), u.peer_name);
    if (u.bytes && u.state != CK_UNIX_LISTENING)
        snprintf(bytes, sizeof(bytes), ", %llu bytes of messages",
                 (unsigned long long)u.bytes);
    snprintf(buf, cap, "Unix %s socket%s%s%s%s%s",
             u.type == SOCK_STREAM ? "stream"
             : u.type == SOCK_DGRAM ? "datagram" : "seqpacket",
             name, states[u.state], peer[0] ? " to" : "", peer, bytes);
}

static int unix_alike(const struct ck_ofd *rec, int fd)
{
    struct ck_unix u;

    return !ck_unix_of(NULL, rec, &u) &&
           ck_res_alike_socket(fd, AF_UNIX, (int)u.type);
}

static uint64_t unix_claim(const struct ck_ofd *rec)
{
    struct ck_unix u;

    return ck_unix_of(NULL, rec, &u) ? 0 : ck_unix_name_claim(&u);
}

static int unix_clash(const struct ck_ofd *x, const struct ck_ofd *y)
{
    struct ck_unix a, b;

    return !ck_unix_of(NULL, x, &a) && !ck_unix_of(NULL, y, &b) &&
           ck_unix_name_clash(&a, &b);
}

const struct ck_res ck_res_unix = {
    .name = "unix",
    .inner = 1,
    .lasting = 1,
    .match = unix_match,
    .carried = ck_unix_queue_carried,
    .save = unix_save,
    .check = unix_check,
    .load = unix_load,
    .link = unix_link,
    .settle = unix_settle,
    .alike = unix_alike,
    .claim = unix_claim,
    .clash = unix_clash,
    .describe = unix_describe,
};
