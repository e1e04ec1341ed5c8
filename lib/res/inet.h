/*
 * inet.h - what TCP and UDP sockets have in common: addresses of both
 * families in one form, the kernel's list of sockets, the options.
 *
 * Only the kinds that are sockets of a network namespace include it.
 */
#ifndef CKPT_LIB_RES_INET_H
#define CKPT_LIB_RES_INET_H

#include <netinet/in.h>
#include <sys/socket.h>

#include "lib/res/kind.h"

/* IPv4 stands as ::ffff:a.b.c.d. All zero: none. */
struct ck_inet {
    uint8_t ip[16];
    uint16_t port;
    uint32_t scope;
};
/* In a record. */
#define CK_INET_FIELDS(F, who) \
    F(N16, who##_ip) F(U16, who##_port) F(U32, who##_scope)
#define CK_INET_PUT(b, who, a)                          \
    do {                                                \
        memcpy((b)->who##_ip, (a)->ip, 16);             \
        (b)->who##_port = (a)->port;                    \
        (b)->who##_scope = (a)->scope;                  \
    } while (0)
#define CK_INET_GET(b, who, a)                          \
    do {                                                \
        memcpy((a)->ip, (b)->who##_ip, 16);             \
        (a)->port = (b)->who##_port;                    \
        (a)->scope = (b)->who##_scope;                  \
    } while (0)

/* The name of fd, or of its peer. 0 or -errno. */
int ck_inet_name(int fd, int peer, struct ck_inet *a);
void ck_inet_from(const struct sockaddr_storage *from, struct ck_inet *a);
socklen_t ck_inet_to(const struct ck_inet *a, int domain,
                     struct sockaddr_storage *to);
int ck_inet_same(const struct ck_inet *a, const struct ck_inet *b);
int ck_inet_v4(const struct ck_inet *a);
int ck_inet_any(const struct ck_inet *a); /* 0.0.0.0 or :: */
/* Does what is sent to `to` arrive at one who is bound to `a`? */
int ck_inet_covers(const struct ck_inet *a, const struct ck_inet *to);
/* Is there an address that is of both? six: as records have it, 2: V6ONLY. */
int ck_inet_overlap(const struct ck_inet *a, int a_six,
                    const struct ck_inet *b, int b_six);
void ck_inet_loopback(struct ck_inet *a, int domain); /* keeps the port */
/* An address that this machine does not have becomes loopback. */
void ck_inet_home(struct ck_inet *a);
/* "127.0.0.1:80"; one of eight buffers used in turn. */
const char *ck_inet_text(const struct ck_inet *a);

/* Is fd in the network namespace of this process? */
int ck_inet_here(int fd);

/* What socket, bind, connect take. Errors: -errno. */
int ck_inet_socket(int domain, int type, int v6only);
int ck_inet_bind(int fd, int domain, const struct ck_inet *a);
int ck_inet_connect(int fd, int domain, const struct ck_inet *a);

/* ck_res_sockopts_save with the options of the network layer, too. */
int ck_inet_options_save(struct ck_res_save *c, const struct ck_res_ofd *o,
                         int fd, const struct ck_res_sockopt *own, size_t n,
                         struct ck_wr *w);

/* The multicast groups that fd is in, appended to w; joined again. */
int ck_inet_groups_save(struct ck_res_save *c, int fd, struct ck_wr *w);
int ck_inet_groups_join(struct ck_res_load *c, int fd, struct ck_blob list);

/* One socket of the kernel's list. inode 0: no process has it, or none any
 * more: not accepted yet, closed, TIME_WAIT. */
struct ck_inet_seen {
    struct ck_inet local, peer;
    int state; /* TCP_ESTABLISHED, ... */
    uint32_t rqueue, wqueue, inode;
    uint8_t shut; /* bit 0 receiving, 1 sending */
};
/* TCP sockets of both families whose state is among the bits of `states`.
 * found returns 0 to go on. 0, what found returned, or -errno. */
int ck_inet_list(unsigned states,
                 int (*found)(void *arg, const struct ck_inet_seen *s),
                 void *arg);

/* How the UDP socket at this port, with this inode, is shut down, or -errno
 * where the kernel does not tell. */
int ck_inet_udp_shut(int domain, uint16_t port, uint64_t inode);

/* bind, and if the address is still kept by TIME_WAITs of connections that
 * began and ended on this machine, ends those; where that can't be done,
 * waits for their end, a minute at most. Waits half a second for processes
 * of the last run to be gone. 0 or -errno. */
int ck_inet_bind_again(int fd, int domain, const struct ck_inet *a);
/* The same without waiting. */
int ck_inet_bind_now(int fd, int domain, const struct ck_inet *a);
/* For a connection between the two that is to be made again: ends TIME_WAITs
 * of it, as far as that can be done within moments. */
void ck_inet_end_kept(const struct ck_inet *a, const struct ck_inet *b);
/* connect from this very address. -EADDRINUSE or -EADDRNOTAVAIL: somebody
 * else has the port. 0 also when the connect has only begun. */
int ck_inet_connect_from(int fd, int domain, const struct ck_inet *from,
                         const struct ck_inet *to);
/* Was the port given to one who connected, by all that it tells? */
int ck_inet_by_connect(unsigned port);

#endif
