/*
 * tcp.h - between the files of the kind tcp: its record, and the room in a
 * receive queue.
 */
#ifndef CKPT_LIB_RES_TCP_H
#define CKPT_LIB_RES_TCP_H

#include "lib/res/inet.h"

enum tcp_how {
    TCP_FRESH = 0,      /* neither bound nor connected */
    TCP_BOUND = 1,      /* has a local address */
    TCP_LISTENS = 2,    /* may have connections that nobody accepted yet */
    TCP_PAIR = 3,       /* connected; the other end is in the tree too */
    TCP_PENDING = 4,    /* connected; not accepted yet by one in the tree */
    TCP_CONNECTS = 5,   /* connect has not ended yet */
    TCP_GONE = 6,       /* the other end is elsewhere, or has ended */
};

/* What is over: reading and writing here. */
enum { TCP_SHUT_RD = 1, TCP_SHUT_WR = 2 };
/* An error that the program has not been told yet. */
enum { TCP_WELL = 0, TCP_RESET = 1, TCP_REFUSED = 2 };

/* dev, key: of a pair, the same for both ends. server: it is this end whose
 * address the other one connects to. *6: the socket of this or of the other
 * end is AF_INET6; 2: and IPV6_V6ONLY. reuseport: the port can only be had
 * with SO_REUSEPORT. bytes: unread, in the stream.
 * listener: the OFD that has not accepted it. */
#define TCP_BODY_FIELDS(F)                                                  \
    F(U8, how) F(U8, shut) F(U8, error) F(U8, reuseport) F(U8, server)      \
    F(U8, here6) F(U8, there6) F(U32, backlog) F(U64, dev) F(U64, key)      \
    F(U64, bytes) CK_INET_FIELDS(F, local) CK_INET_FIELDS(F, peer)          \
    F(U32, listener) F(BLOB, options)
CK_RECORD(tcp_body, TCP_BODY_FIELDS)

static inline int tcp_domain(uint8_t six)
{
    return six ? AF_INET6 : AF_INET;
}

int ck_tcp_match(const struct ck_res_ofd *o);
int ck_tcp_save(struct ck_res_save *c, const struct ck_res_ofd *o,
                struct ck_wr *w);

/* The room in the receive queue of fd, as large as the kernel lets anybody
 * have it; narrow puts back what was there. Each ends what it began, also
 * where it could only do a part. */
struct ck_tcp_room {
    int lock, size, lowat, clamp;
};
void ck_tcp_widen(int fd, struct ck_tcp_room *was);
void ck_tcp_narrow(int fd, const struct ck_tcp_room *was);

/* An int option, -1 if there is none. */
int ck_tcp_option(int fd, int level, int name);
/* TCP_ESTABLISHED, ... */
int ck_tcp_state(int fd);

/* Lets what the senders have written arrive at the receivers. Each flow: two
 * descriptors, of which from may be -1: the sender has closed, and its FIN
 * is waited for. 0 when all has arrived; -EAGAIN: not within the limit. */
struct ck_tcp_flow {
    int from, to;
    int nodelay;
    struct ck_tcp_room room;
};
int ck_tcp_drain(struct ck_tcp_flow *f, size_t n);

#endif
