/*
 * unix.h - what the files of the Unix socket kind share: its record, what
 * sock_diag tells (unix_look.c), queues (unix_queue.c, unix_fill.c), names
 * (unix_name.c) and making sockets again (unix_make.c). Nobody else includes it.
 */
#ifndef CKPT_LIB_RES_UNIX_H
#define CKPT_LIB_RES_UNIX_H

#include <sys/socket.h>
#include <sys/un.h>

#include "lib/res/kind.h"

enum ck_unix_state {
    CK_UNIX_IDLE = 0,      /* not connected; bound perhaps */
    CK_UNIX_LISTENING = 1, /* stream and seqpacket */
    CK_UNIX_CONNECTED = 2, /* or was: peer_ino 0 says the peer has closed */
    CK_UNIX_PENDING = 3,   /* connected and not accepted: the listener's link
                              connects it */
};

/* Which end of a connection it is: only the end that connect() made takes
 * its name from a listening socket. */
enum ck_unix_end {
    CK_UNIX_PAIR = 0,   /* socketpair, or not known to be otherwise */
    CK_UNIX_CLIENT = 1, /* connect() */
    CK_UNIX_SERVER = 2, /* accept() */
};

/* How the name of a path stands to the file. */
enum ck_unix_file {
    CK_UNIX_NO_FILE = 0, /* no name, abstract, or removed meanwhile */
    CK_UNIX_FILE = 1,    /* at the path, or where it was moved */
};

/* pair: the same for both ends of a connection, else 0; side: 0 or 1, which
 * of the two. peer: OFD at the other end, 0 when none of the tree. listener:
 * OFD of the tree that listens under the name, 0 if none: of an end made by
 * accept, and of the listening socket itself. name: bytes of sun_path; dir:
 * where a relative one is meant from; moved: what its file is called by now
 * in the same directory, "" if as it was. file_*: of the socket's file.
 * shutdown: bit 0 receiving, 1 sending. error: a connection reset is still to
 * be reported. cred, peer_cred: what
 * SO_PEERCRED gives here and at the other end, by virtual number. bytes: of
 * the stream. opts: see sockopt.c. */
#define CK_UNIX_FIELDS(F)                                                  \
    F(U32, type) F(U8, state) F(U8, end) F(U8, side) F(U64, ino)           \
    F(U64, pair) F(U64, peer_ino) F(U32, peer) F(U32, listener)            \
    F(U32, backlog) F(BLOB, name) F(BLOB, peer_name) F(STR, dir)           \
    F(STR, moved) F(U8, file) F(U64, file_dev) F(U64, file_ino)            \
    F(U32, file_mode)                                                      \
    F(U8, shutdown) F(U8, error) F(U32, cred) F(U32, peer_cred)            \
    F(U64, bytes) F(BLOB, opts)
CK_RECORD(ck_unix, CK_UNIX_FIELDS)

/* One message of a queue, or a stretch of a stream with the same
 * credentials and descriptors. In the stream of saved bytes: its length as
 * U32, then this. sender: OFD that sent it and 0 if none of the tree; name:
 * its address. cred: pid, uid and gid are those of a process (none: the
 * message has none). fds: ids of the descriptions on their way, U32 each. */
#define CK_UNIX_MSG_FIELDS(F)                                             \
    F(U32, sender) F(BLOB, name) F(U8, cred) F(U32, pid) F(U32, uid)      \
    F(U32, gid) F(BLOB, fds) F(BLOB, data)
CK_RECORD(ck_unix_msg, CK_UNIX_MSG_FIELDS)

/* A connection that waits to be accepted, in the stream of a listening
 * socket: client is 0 when it is none of the tree. cred: who connected. */
#define CK_UNIX_PENDING_FIELDS(F) F(U32, client) F(U32, cred)
CK_RECORD(ck_unix_pending, CK_UNIX_PENDING_FIELDS)

/* ---- unix_look.c ---- */

#define CK_UNIX_PENDING_MAX 1024

struct ck_unix_seen {
    int state; /* TCP_LISTEN, TCP_ESTABLISHED, ... */
    unsigned rqueue, wqueue, shutdown;
    int has_peer; /* or had: peer is 0 then */
    uint32_t peer;
    int has_file;
    uint32_t file_dev, file_ino;
    uint32_t pending[CK_UNIX_PENDING_MAX];
    size_t npending;
};

/* What the kernel knows of the socket with this inode: 0, -ENOENT, -errno. */
int ck_unix_see(uint64_t ino, struct ck_unix_seen *s);
/* The socket of the tree with this inode, NULL if there is none. */
const struct ck_res_ofd *ck_unix_by_ino(const struct ck_res_save *c,
                                        const struct ck_res_ofd *like,
                                        uint64_t ino);
/* The Unix sockets of the tree, looked at once per capture. */
struct ck_unix_known {
    const struct ck_res_ofd *o;
    int listening;
    struct sockaddr_un addr;
    struct ck_blob name;
};
const struct ck_unix_known *ck_unix_known(const struct ck_res_save *c,
                                          size_t *count);
/* One of them by type, name and whether it listens; NULL: none. */
const struct ck_unix_known *ck_unix_named(const struct ck_res_save *c,
                                          int type, int listening,
                                          struct ck_blob name);
/* The name of taken descriptor fd or (peer) of its peer: bytes of sun_path. */
void ck_unix_name(int fd, int peer, struct sockaddr_un *a, struct ck_blob *b);

/* ---- unix_queue.c, unix_fill.c ---- */

/* Saves fd's queue under o. *bytes: of the stream. */
int ck_unix_queue_save(struct ck_res_save *c, const struct ck_res_ofd *o,
                       int fd, const struct ck_unix_seen *seen,
                       uint64_t *bytes);
int ck_unix_queue_carried(const struct ck_res_ofd *o, ck_res_found *found,
                          void *arg);
/* Writes n bytes as the stream of o. */
int ck_unix_stream_save(struct ck_res_save *c, const struct ck_res_ofd *o,
                        const void *p, size_t n);
/* All of the stream of `id`, which the caller frees; NULL: see *rc. */
void *ck_unix_stream_load(struct ck_res_load *c, uint32_t id, uint64_t n,
                          int *rc);
/* The next record in the stream at r, which has one: 0 or -EBADMSG. */
int ck_unix_stream_next(struct ck_rd *r, struct ck_rd *item);
/* Sends what was saved under rec into the queue of its socket `to`; `peer`:
 * the other end if there is one, else -1. */
int ck_unix_queue_load(struct ck_res_load *c, const struct ck_ofd *rec,
                       const struct ck_unix *u, int to, int peer);

/* ---- unix_name.c ---- */

/* Finds out how the path in `name` stands to the file of the socket. u points
 * to what is put into place. */
struct ck_unix_place {
    char dir[4096], moved[256];
};
int ck_unix_file_save(struct ck_res_save *c, const struct ck_unix_seen *seen,
                      struct ck_unix_place *place, struct ck_unix *u);
/* May u's name be taken again? */
int ck_unix_name_check(struct ck_res_load *c, const struct ck_unix *u);
/* claim and clash of struct ck_res. */
uint64_t ck_unix_name_claim(const struct ck_unix *u);
int ck_unix_name_clash(const struct ck_unix *a, const struct ck_unix *b);
/* Binds fd to u's name; to any name, when that is another's now and only
 * those know it who have a descriptor. */
int ck_unix_bind(struct ck_res_load *c, int fd, const struct ck_unix *u);
/* The same for a name alone, whose file, if it is a path, does not stay. */
int ck_unix_bind_name(struct ck_res_load *c, int fd, struct ck_blob name);
/* The address of these bytes of sun_path. */
socklen_t ck_unix_address(struct ck_blob name, struct sockaddr_un *a);
/* The address at which the bound socket fd can be reached, by the inode it
 * was bound for: its file may have lost its name. 0: there is none. */
socklen_t ck_unix_reach(struct ck_res_load *c, int fd, uint64_t ino,
                        struct sockaddr_un *a);

/* ---- unix_make.c ---- */

/* A socket for u; its other end, where it has one, is shared. */
int ck_unix_make(struct ck_res_load *c, const struct ck_unix *u);
/* Which halves of u, as in its record, were shut down before it connected:
 * these are not shut down at the other end. */
unsigned ck_unix_shut_before(struct ck_res_load *c, const struct ck_unix *u);
/* The other end of a pair, when no socket of the tree is; else -1. */
int ck_unix_other(struct ck_res_load *c, const struct ck_unix *u);
/* By what "inode" the listening socket u->listener is reached. */
uint64_t ck_unix_listener_key(const struct ck_unix *u);
/* Connects fd, as the process known as `cred`; never waits. */
int ck_unix_connect(struct ck_res_load *c, int fd, uint32_t cred,
                    const struct sockaddr_un *a, socklen_t len);
int ck_unix_listen(struct ck_res_load *c, int fd, uint32_t cred, int backlog);
/* Runs fn(arg) as the process known as `cred`, where that can be. */
int ck_unix_as(struct ck_res_load *c, uint32_t cred, int (*fn)(void *arg),
               void *arg);

#endif
