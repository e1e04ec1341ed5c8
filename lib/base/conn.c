/*
 * conn.c - see conn.h. A thin hosted layer over lib/proto/client.h that
 * turns failures into sentences a user can act on.
 */
#include "lib/base/conn.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/proto/client.h"
#include "lib/proto/messages.h"

struct ck_conn {
    int fd;
    struct ck_coord_addr addr;
    char dir[CK_PATH];
    struct ck_client_rx rx;
    uint8_t buf[CK_FRAME_MAX];
};

/* Who it was that should have answered. */
static int no_answer(struct ck_err *e, int code, const char *dir,
                     const char *why)
{
    struct ck_coord_addr a;

    if (code == -EACCES || code == -EPROTO || code == -EBADMSG)
        return ck_err(e, code, "%s", why);
    if (ck_jobdir_addr_read(dir, &a, NULL) < 0)
        return ck_err(e, code,
                      "no coordinator answers for %s: is a computation "
                      "running there? `ckpt list %s` shows what can be "
                      "restarted",
                      dir, dir);
    return ck_err(e, code,
                  "no coordinator answers for %s (last seen on %s port %u "
                  "pid %d); is the computation still running? `ckpt list %s` "
                  "shows what can be restarted",
                  dir, a.node, a.port, (int)a.pid, dir);
}

int ck_conn_open(const char *dir, int limit_ms, struct ck_conn **out,
                 struct ck_err *e)
{
    char why[512] = "";
    struct ck_conn *c;
    long fd = ck_client_connect(dir, CK_ROLE_CONTROL, limit_ms, why,
                                sizeof(why));

    *out = NULL;
    if (fd < 0)
        return no_answer(e, (int)fd, dir, why);
    c = malloc(sizeof(*c));
    if (!c) {
        close((int)fd);
        return ck_err(e, -ENOMEM, "out of memory");
    }
    c->fd = (int)fd;
    snprintf(c->dir, sizeof(c->dir), "%s", dir);
    if (ck_jobdir_addr_read(dir, &c->addr, NULL) < 0)
        memset(&c->addr, 0, sizeof(c->addr));
    ck_client_rx_init(&c->rx, c->buf, sizeof(c->buf));
    *out = c;
    return 0;
}

void ck_conn_close(struct ck_conn *c)
{
    if (!c)
        return;
    close(c->fd);
    free(c);
}

pid_t ck_conn_pid(const struct ck_conn *c)
{
    return c->addr.pid;
}

static int lost(const struct ck_conn *c, long code, struct ck_err *e)
{
    if (code == 0)
        return ck_err(e, -ETIMEDOUT,
                      "the coordinator on %s (pid %d) did not answer in time",
                      c->addr.node, (int)c->addr.pid);
    if (code == -EPIPE || code == -ECONNRESET)
        return ck_err(e, -ECONNRESET,
                      "the coordinator on %s (pid %d) closed the connection; "
                      "%s/log may say why",
                      c->addr.node, (int)c->addr.pid, c->dir);
    return ck_err_sys(e, (int)code, "connection to the coordinator on %s",
                      c->addr.node);
}

int ck_conn_run(struct ck_conn *c, uint8_t cmd, uint32_t flags, uint32_t arg,
                int limit_ms, ck_reply_fn *fn, void *fn_arg,
                struct ck_err *e)
{
    struct ck_msg_command m = {.cmd = cmd, .flags = flags, .arg = arg};
    uint8_t out[64];
    long n = CK_CLIENT_SEND(c->fd, out, sizeof(out), command, COMMAND, &m);

    if (n < 0)
        return lost(c, n, e);
    for (;;) {
        struct ck_msg_reply reply;
        struct ck_frame f;
        struct ck_rd r;
        int stop;

        n = ck_client_recv(c->fd, &c->rx, limit_ms, &f);
        if (n <= 0)
            return lost(c, n, e);
        ck_rd_init(&r, f.body, f.len);
        if (f.type != CK_MSG_REPLY || ck_msg_reply_get(&r, &reply) < 0)
            return ck_err(e, -EPROTO,
                          "the coordinator sent what is not an answer (%s)",
                          ck_msg_name(f.type));
        stop = fn ? fn(fn_arg, reply.code, reply.final, reply.text) : 0;
        if (stop)
            return stop;
        if (!reply.final)
            continue;
        if (reply.code < 0)
            return *reply.text
                       ? ck_err(e, reply.code, "%s", reply.text)
                       : ck_err_sys(e, reply.code, "the coordinator refused");
        return reply.code;
    }
}

int ck_conn_alive(const char *dir, int limit_ms, struct ck_err *e)
{
    char why[512] = "";
    long fd;

    /* A connection that is reset may be the last of a coordinator that is
     * just being killed: then there is none a moment later. */
    do {
        fd = ck_client_connect(dir, CK_ROLE_CONTROL, limit_ms, why,
                               sizeof(why));
    } while ((fd == -ECONNRESET || fd == -EPIPE) && (limit_ms -= 10) > 0 &&
             poll(NULL, 0, 10) == 0);
    if (fd >= 0) {
        close((int)fd);
        return 1;
    }
    if (fd == -ENOENT || fd == -ECONNREFUSED)
        return 0;
    return ck_err(e, (int)fd, "%s", why);
}
