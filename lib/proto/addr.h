/*
 * addr.h - the coordinator's numeric addresses, without libc.
 *
 * D/coordinator is one line: "ADDR[,ADDR...] PORT PID NODE\n". Addresses are
 * IPv4 (1.2.3.4) or IPv6 (fe::1) in numbers: no name service inside a
 * user's process.
 */
#ifndef CKPT_LIB_PROTO_ADDR_H
#define CKPT_LIB_PROTO_ADDR_H

#include <netinet/in.h>

#define CK_ADDR_MAX 16

struct ck_addr {
    int family;
    unsigned len;
    union {
        struct sockaddr_in in;
        struct sockaddr_in6 in6;
    } sa;
};

/* Fills a[] from such a line and ends the text at its newline (so that it
 * can be shown). Returns how many, or -EBADMSG. Addresses over max are left
 * out. */
int ck_addr_parse(char *line, struct ck_addr *a, int max);

#endif
