/*
 * capture.c - `ckpt capture`: writes the image of one parked tree.
 *
 * Started by the runtime of one process of the tree, in the middle of a
 * checkpoint; nobody types it. Asks the coordinator which processes there
 * are, looks at them, writes, rehearses the restart (restart/rehearse.h), and
 * answers WRITTEN or FAILED. When all images are there it looks at them again. The reason of a
 * failure goes to the coordinator; D/log has it if that cannot be reached.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/cli.h"
#include "lib/base/env.h"
#include "lib/base/jobdir.h"
#include "lib/base/log.h"
#include "lib/image/held.h"
#include "lib/proto/client.h"
#include "lib/tree/capture.h"
#include "restart/rehearse.h"

#define ANSWER_MS 20000
#define WRITERS_MS (6 * 3600 * 1000) /* the slowest disk */

struct args {
    const char *dir, *tree, *stdio;
    uint32_t id, generation;
};

static int parse(int argc, char **argv, struct args *a)
{
    const char *tree = ck_env(CK_ENV_TREE), *colon;

    memset(a, 0, sizeof(*a));
    a->stdio = ck_env(CK_ENV_STDIO);
    /* <tree>:<generation> when there is a pid table */
    colon = tree ? strchr(tree, ':') : NULL;
    if (colon)
        a->generation = (uint32_t)strtoul(colon + 1, NULL, 10);
    for (int i = 1; i + 1 < argc; i += 2) {
        if (!strcmp(argv[i], "--dir"))
            a->dir = argv[i + 1];
        else if (!strcmp(argv[i], "--tree"))
            a->tree = argv[i + 1];
        else if (!strcmp(argv[i], "--stdio"))
            a->stdio = argv[i + 1];
        else if (!strcmp(argv[i], "--id"))
            a->id = (uint32_t)strtoul(argv[i + 1], NULL, 10);
        else
            return -EINVAL;
    }
    return argc % 2 && a->dir && a->tree && ck_name_ok(a->tree) ? 0 : -EINVAL;
}

static int send_failed(int fd, uint32_t id, int code, const char *reason)
{
    struct ck_msg_failed m = {.id = id,
                              .phase = CK_PHASE_CAPTURE,
                              .retry = code == -EAGAIN,
                              .reason = reason};
    uint8_t buf[4096];

    ck_log("tree image of set %u: %s", id, reason);
    return (int)CK_CLIENT_SEND(fd, buf, sizeof(buf), failed, FAILED, &m);
}

static int send_written(int fd, uint32_t id, const struct ck_capture_out *out)
{
    struct ck_msg_written m = {.id = id,
                               .file = out->file,
                               .bytes = out->bytes,
                               .raw_bytes = out->raw_bytes,
                               .checksum = out->checksum};
    uint8_t buf[4096];

    return (int)CK_CLIENT_SEND(fd, buf, sizeof(buf), written, WRITTEN, &m);
}

struct talk {
    int fd, held;
    uint32_t id;
};

/* A coordinator that is gone is noticed when the file is reported. */
static void send_seen(void *arg)
{
    struct talk *s = arg;
    struct ck_msg_snapped m = {.id = s->id};
    uint8_t buf[64];

    close(s->held);
    CK_CLIENT_SEND(s->fd, buf, sizeof(buf), snapped, SNAPPED, &m);
}

/* Until all is seen nothing can come but that it is over. */
static int is_over(void *arg)
{
    struct pollfd p = {.fd = ((struct talk *)arg)->fd, .events = POLLIN};

    return poll(&p, 1, 0) > 0;
}

/* The programs of this tree wait for us from here on. What was begun by the
 * capture before is finished first. */
static int hold(const struct args *a)
{
    int held = ck_held_take(a->dir, a->tree);

    if (held == -EADDRINUSE && !ck_held_wait(a->dir, a->tree, ANSWER_MS))
        held = ck_held_take(a->dir, a->tree);
    return held;
}

/* The list of members, or a negative errno when there is none to be had. */
static int receive_list(int fd, struct ck_client_rx *rx,
                        struct ck_msg_capture_list *list)
{
    struct ck_frame f;
    struct ck_rd r;
    long n = ck_client_recv(fd, rx, ANSWER_MS, &f);

    if (n <= 0)
        return n < 0 ? (int)n : -ETIMEDOUT;
    ck_rd_init(&r, f.body, f.len);
    if (f.type == CK_MSG_ABORT)
        return -ECANCELED; /* it is over */
    if (f.type != CK_MSG_CAPTURE_LIST)
        return -EPROTO;
    return ck_msg_capture_list_get(&r, list);
}

/* The program runs on meanwhile. First its memory is still being written. */
static int rehearse(const struct ck_capture_in *in,
                    int (*part)(const struct ck_restart_opts *opts, char *why,
                                size_t cap),
                    uint64_t nofile, char *why, size_t cap)
{
    struct ck_restart_opts opts = {.job_dir = in->job_dir,
                                   .nofile = nofile,
                                   .set_dir = in->set_dir,
                                   .tree = in->tree,
                                   .node = in->node,
                                   .runtime = "",
                                   .restorer = ""};
    char text[900];
    int rc = part(&opts, text, sizeof(text));

    return rc ? ck_res_why(why, cap, rc, "could not be restarted: %s", text)
              : 0;
}

/* The coordinator has the limits: until it is asked, or told that nobody
 * wants to know, or the connection is gone. */
static int asked(int fd, struct ck_client_rx *rx, struct ck_msg_rehearse *m)
{
    struct ck_frame f;
    struct ck_rd r;
    long n = ck_client_recv(fd, rx, WRITERS_MS, &f);

    if (n <= 0 || f.type != CK_MSG_REHEARSE)
        return 0;
    ck_rd_init(&r, f.body, f.len);
    return !ck_msg_rehearse_get(&r, m);
}

/* names: each with its NUL. */
static int together(const char *set_dir, struct ck_blob names, char *why,
                    size_t cap)
{
    const char *at = names.p, *end = at + names.n, **tree;
    size_t n = 0;
    char text[900];
    int rc;

    if (!names.n || end[-1])
        return 0;
    tree = calloc(names.n, sizeof(*tree));
    if (!tree)
        return ck_res_why(why, cap, -ENOMEM, "%s", strerror(ENOMEM));
    for (; at < end; at += strlen(at) + 1)
        tree[n++] = at;
    rc = ck_rehearse_together(set_dir, tree, n, text, sizeof(text));
    free(tree);
    return rc ? ck_res_why(why, cap, rc, "could not be restarted: %s", text)
              : 0;
}

/* The list of members, which `in` points at, is in rx's buffer. */
static int finish(int fd, struct ck_client_rx *rx, uint32_t id,
                  const struct ck_capture_in *in,
                  const struct ck_capture_out *out)
{
    struct ck_msg_rehearsed m = {.id = id};
    struct ck_msg_rehearse q;
    char why[1024] = "", set_dir[CK_PATH];
    struct ck_capture_in of = *in;
    uint8_t buf[64];
    int rc = send_written(fd, id, out);

    snprintf(set_dir, sizeof(set_dir), "%s", in->set_dir);
    of.set_dir = set_dir;
    if (rc || !asked(fd, rx, &q))
        return rc;
    rc = rehearse(&of, ck_rehearse_memory, 0, why, sizeof(why));
    if (!rc)
        rc = together(set_dir, q.trees, why, sizeof(why));
    return rc ? send_failed(fd, id, rc, why)
              : (int)CK_CLIENT_SEND(fd, buf, sizeof(buf), rehearsed, REHEARSED,
                                    &m);
}

static int run(int fd, const struct args *a)
{
    struct ck_msg_capture_hello hello = {.id = a->id, .tree = a->tree};
    struct ck_msg_capture_list list = {0};
    struct ck_capture_out out;
    struct talk talk = {.fd = fd, .held = hold(a), .id = a->id};
    struct ck_capture_in in;
    struct ck_client_rx rx;
    uint8_t small[512], *buf = malloc(CK_FRAME_MAX);
    char why[1024] = "";
    int rc;

    if (!buf)
        return -ENOMEM;
    ck_client_rx_init(&rx, buf, CK_FRAME_MAX);
    rc = (int)CK_CLIENT_SEND(fd, small, sizeof(small), capture_hello,
                             CAPTURE_HELLO, &hello);
    if (!rc)
        rc = receive_list(fd, &rx, &list);
    if (!rc) {
        in = (struct ck_capture_in){
            .job_dir = a->dir,
            .set_dir = list.set_dir,
            .tree = a->tree,
            .node = ck_env_node(),
            .stdio = a->stdio ? a->stdio : "",
            .generation = a->generation,
            .several = list.several,
            .members = list.members.p,
            .nmembers = list.members.n,
            .seen = send_seen,
            .over = is_over,
            .arg = &talk,
        };
        rc = talk.held < 0 ? ck_res_why(why, sizeof(why), -EAGAIN,
                                        "this tree can't be held while it is "
                                        "looked at: %s", strerror(-talk.held))
                           : ck_capture_tree(&in, &out, why, sizeof(why));
        if (!rc)
            rc = rehearse(&in, ck_rehearse, list.nofile, why, sizeof(why));
        if (!rc)
            rc = finish(fd, &rx, a->id, &in, &out);
        else if (rc != -ECANCELED)
            rc = send_failed(fd, a->id, rc, why);
    }
    if (rc == -ECANCELED)
        rc = 0; /* nobody wants to know */
    if (rc)
        ck_log("the coordinator can't be told about tree %s: %s", a->tree,
               strerror(-rc));
    free(buf);
    return rc;
}

int ck_cmd_capture(int argc, char **argv)
{
    char path[CK_PATH], why[512] = "";
    struct args a;
    long fd;
    int rc;

    /* The name by which other captures know not to count this process. */
    prctl(PR_SET_NAME, "ckpt-capture");
    umask(077); /* it was the program's */
    if (parse(argc, argv, &a))
        return ck_cli_usage("capture", "it is run by the runtime only");
    if (ck_jobdir_path(path, sizeof(path), a.dir, "log") == 0)
        ck_log_file(path, "capture");
    fd = ck_client_connect(a.dir, CK_ROLE_CAPTURE, ANSWER_MS, why,
                           sizeof(why));
    if (fd < 0) {
        ck_log("tree %s: %s", a.tree, why);
        return 1;
    }
    rc = run((int)fd, &a);
    close((int)fd);
    return rc ? 1 : 0;
}
