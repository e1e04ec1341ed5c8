/*
 * link.h - one connection: bytes to frames, the handshake, bounds.
 *
 * Whoever connects may be anybody until the handshake is over: it has
 * CK_LINK_AUTH_MS for it, may send nothing larger than the handshake's
 * frames, and there may be CK_LINK_STRANGERS of them at a time. Thousands of
 * processes of ours may come at once, and each is a stranger for a moment:
 * then the others wait in the kernel's queue, and the oldest goes when it
 * has had CK_LINK_PATIENCE_MS. Afterwards a frame may have CK_FRAME_MAX bytes, and what the peer
 * does not read is kept up to CK_LINK_BACKLOG bytes; more closes it. One
 * link never keeps the loop: at most CK_LINK_READ bytes per round.
 */
#ifndef CKPT_COORDINATOR_LINK_H
#define CKPT_COORDINATOR_LINK_H

#include <sys/queue.h>

#include "coordinator/loop.h"
#include "lib/proto/auth.h"
#include "lib/proto/messages.h"

#define CK_LINK_AUTH_MS 20000
#define CK_LINK_STRANGERS 128
#define CK_LINK_PATIENCE_MS 500
#define CK_LINK_BACKLOG (4u << 20)
#define CK_LINK_READ 65536

struct ck_link;
struct ck_links;

struct ck_link_ops {
    void (*open)(void *arg, struct ck_link *l); /* it holds the key */
    void (*frame)(void *arg, struct ck_link *l, const struct ck_frame *f);
    /* Once, for a link that was open. It is freed after this round. */
    void (*closed)(void *arg, struct ck_link *l, const char *why);
};

enum ck_link_state {
    CK_LINK_HELLO, /* waits for HELLO */
    CK_LINK_PROVE, /* waits for PROVE */
    CK_LINK_OPEN,
    CK_LINK_CLOSED,
};

struct ck_link {
    struct ck_watch watch;
    struct ck_deferred free_later;
    struct ck_timer auth_limit;
    int64_t since; /* connected, in ms */
    struct ck_links *set;
    enum ck_link_state state;
    uint8_t role; /* enum ck_role */
    uint8_t client_nonce[CK_NONCE_SIZE];
    uint8_t server_nonce[CK_NONCE_SIZE];
    uint8_t *rx, *tx;
    size_t rx_cap, rx_len, tx_cap, tx_len;
    int finishing; /* closes when tx is empty */
    void *owner;   /* the ops' own */
    TAILQ_ENTRY(ck_link) entry, stranger;
};

TAILQ_HEAD(ck_link_list, ck_link);

struct ck_links {
    struct ck_loop *loop;
    struct ck_link_list all, strange; /* oldest first */
    unsigned strangers;
    int64_t told; /* when one was last turned away, in the log */
    uint8_t key[CK_KEY_SIZE];
    const struct ck_link_ops *ops;
    void *arg;
};

void ck_links_init(struct ck_links *s, struct ck_loop *loop,
                   const uint8_t key[CK_KEY_SIZE],
                   const struct ck_link_ops *ops, void *arg);
/* May one more be accepted now? 0, or in how many ms to ask again. */
int ck_links_full(const struct ck_links *s);
/* Takes an accepted, non-blocking descriptor. */
void ck_link_add(struct ck_links *s, int fd);
/* ops->closed is called if it was open. Harmless on a closed one. */
void ck_link_close(struct ck_link *l, const char *why);
/* Closes when everything has been sent. */
void ck_link_finish(struct ck_link *l);
/* A whole frame, made by CK_FRAME; n < 0 (did not fit) closes the link. */
void ck_link_send(struct ck_link *l, const void *frame, long n);
/* Sends what is left, up to limit_ms, then closes all. */
void ck_links_shutdown(struct ck_links *s, int limit_ms);

/* One thread, one frame at a time. */
extern uint8_t ck_link_scratch[CK_FRAME_MAX];

#define CK_LINK_SEND(l, name, TYPE, msgp)                                   \
    ck_link_send((l), ck_link_scratch,                                      \
                 CK_FRAME(ck_link_scratch, CK_FRAME_MAX, name, TYPE, (msgp)))

#endif
