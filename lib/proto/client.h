/*
 * client.h - the peer's end of a connection to the coordinator.
 *
 * For the agent thread inside the user's process, the restorer and the
 * hosted programs alike: raw system calls, no allocation, no libc; buffers
 * are the caller's. No call waits longer than it was told to. The
 * descriptor is close-on-exec and non-blocking; it never raises SIGPIPE.
 */
#ifndef CKPT_LIB_PROTO_CLIENT_H
#define CKPT_LIB_PROTO_CLIENT_H

#include <stddef.h>
#include <stdint.h>

#include "lib/proto/messages.h"

/* How long ck_client_send waits for room before it gives up. */
#define CK_CLIENT_SEND_MS 30000

/*
 * Connects to the coordinator of job_dir (its files `key` and `coordinator`;
 * the addresses there are tried in turn) and proves the key, in at most
 * limit_ms. Returns the descriptor, or -errno with one line in why:
 * -ENOENT no coordinator is known, -ECONNREFUSED it is gone,
 * -ETIMEDOUT no answer, -EACCES it holds another key, and so on.
 */
long ck_client_connect(const char *job_dir, uint8_t role, int limit_ms,
                       char *why, size_t why_cap);

/* Sends a whole frame. 0, or -errno: the connection is then of no use. */
long ck_client_send(int fd, const void *frame, size_t len);

/* Encodes into buf and sends. 0 or -errno. */
#define CK_CLIENT_SEND(fd, buf, cap, name, TYPE, msgp)                      \
    __extension__({                                                         \
        long ck_n_ = CK_FRAME((buf), (cap), name, TYPE, (msgp));            \
        ck_n_ < 0 ? ck_n_ : ck_client_send((fd), (buf), (size_t)ck_n_);     \
    })

/* What has come in and was not yet handed out. */
struct ck_client_rx {
    uint8_t *buf;
    size_t cap;  /* the largest frame that can be received */
    size_t len;  /* bytes in buf */
    size_t used; /* of these, handed out already */
};

void ck_client_rx_init(struct ck_client_rx *rx, void *buf, size_t cap);

/*
 * The next frame; *f points into rx->buf and stays valid until the next
 * call. timeout_ms 0 does not wait, -1 waits without limit. Returns 1 with a
 * frame, 0 when time ran out, -EPIPE when the coordinator has closed,
 * -EMSGSIZE for a frame larger than the buffer, or another -errno.
 */
long ck_client_recv(int fd, struct ck_client_rx *rx, int timeout_ms,
                    struct ck_frame *f);

#endif
