/*
 * checkpoint.c - `ckpt checkpoint`: asks for an image set and tells how it
 * went. Progress is shown only to a terminal; the one line on stdout is for
 * scripts too.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/ask.h"
#include "cli/cli.h"
#include "lib/base/conn.h"
#include "lib/base/duration.h"
#include "lib/base/log.h"
#include "lib/proto/messages.h"

static const char usage[] =
    "usage: ckpt checkpoint [OPTIONS] [DIR | JOBID | NAME]\n\n"
    "Takes an image set of the whole computation now.\n\n"
    "  --wait         return when the set is committed (0), or has failed "
    "(1)\n"
    "  --kill         end the computation once the set is committed; waits\n"
    "  --timeout T    with --wait: give up waiting after T (seconds, or 10m;\n"
    "                 default: no limit; the checkpoint itself has its own)\n"
    "  --interval T   take none now; from here on take one every T (seconds,\n"
    "                 or 10m; 0: only on request)\n"
    "  --dir DIR      the job directory\n\n"
    "Without --wait it returns when everything is captured (0) and the programs\n"
    "go on, or that has failed (1); the set is being written then.\n";

struct waiting {
    int64_t until; /* 0: no limit */
    int tty, shown;
    char last[512];
};

static int reply(void *arg, int code, int final, const char *text)
{
    struct waiting *w = arg;

    if (final || code < 0) {
        snprintf(w->last, sizeof(w->last), "%s", text);
    } else if (w->tty && *text) {
        fprintf(stderr, "\r\033[K%.100s", text);
        fflush(stderr);
        w->shown = 1;
    }
    if (!final && w->until && ck_now_ms() >= w->until)
        return -ETIMEDOUT;
    return 0;
}

/* "set 3: 12.1 MiB in 0.4 s, stopped for 12 ms" from the status document. */
static void summary(const char *dir, const char *otherwise)
{
    const struct ck_jval *last;
    struct ck_status s;
    char bytes[32], seconds[32], stall[32];

    if (ck_status_ask(dir, 5000, &s, NULL) < 0) {
        printf("%s\n", otherwise);
        return;
    }
    last = ck_jget(s.doc, "last_checkpoint");
    if (!last || last->kind != CK_JOBJ) {
        printf("%s\n", otherwise);
    } else {
        ck_bytes_text(bytes, sizeof(bytes),
                      (uint64_t)ck_jnum(last, "bytes", 0));
        ck_duration_text(seconds, sizeof(seconds),
                         ck_jnum(last, "seconds", 0));
        ck_duration_text(stall, sizeof(stall),
                         ck_jnum(last, "stall_seconds", 0));
        printf("set %.0f: %s in %s, stopped for %s\n",
               ck_jnum(last, "number", 0), bytes, seconds, stall);
    }
    ck_status_free(&s);
}

static int request(const char *dir, uint32_t flags, uint32_t timeout)
{
    struct waiting w;
    struct ck_conn *c;
    struct ck_err e;
    int wait = (flags & (CK_CMD_WAIT | CK_CMD_KILLFLAG)) != 0, r;

    memset(&w, 0, sizeof(w));
    w.tty = isatty(2);
    w.until = timeout ? ck_now_ms() + (int64_t)timeout * 1000 : 0;
    r = ck_conn_open(dir, 10000, &c, &e);
    if (r < 0)
        return ck_cli_fail(&e);
    r = ck_conn_run(c, CK_CMD_CHECKPOINT, flags, 0,
                    timeout ? (int)timeout * 1000 : -1, reply, &w, &e);
    ck_conn_close(c);
    if (w.shown)
        fprintf(stderr, "\r\033[K");
    if (r == -ETIMEDOUT && timeout)
        ck_err(&e, r,
               "the image set is not committed after %u s; it goes on, "
               "`ckpt status %s` shows how far it is",
               timeout, dir);
    if (r < 0)
        return ck_cli_fail(&e);
    if (wait)
        summary(dir, w.last);
    else
        printf("%s; it is not committed yet, --wait waits for that\n",
               w.last[0] ? w.last : "requested");
    return ck_cli_done();
}

static int set_interval(const char *dir, uint32_t seconds)
{
    struct ck_conn *c;
    struct ck_err e;
    int r = ck_conn_open(dir, 10000, &c, &e);

    if (r < 0)
        return ck_cli_fail(&e);
    r = ck_conn_run(c, CK_CMD_INTERVAL, 0, seconds, 10000, NULL, NULL, &e);
    ck_conn_close(c);
    return r < 0 ? ck_cli_fail(&e) : 0;
}

int ck_cmd_checkpoint(int argc, char **argv)
{
    static const struct option options[] = {
        {"wait", no_argument, NULL, 'w'},
        {"kill", no_argument, NULL, 'k'},
        {"timeout", required_argument, NULL, 't'},
        {"interval", required_argument, NULL, 'i'},
        {"dir", required_argument, NULL, 'd'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    const char *dir_option = NULL;
    uint32_t flags = 0, timeout = 0, interval = 0;
    char dir[CK_PATH];
    int o, r, clock_only = 0;

    while ((o = getopt_long(argc, argv, "hwkt:i:d:", options, NULL)) != -1) {
        switch (o) {
        case 'w':
            flags |= CK_CMD_WAIT;
            break;
        case 'k':
            flags |= CK_CMD_WAIT | CK_CMD_KILLFLAG;
            break;
        case 't':
            if (ck_duration(optarg, &timeout) < 0 || timeout > 86400 * 7)
                return ck_cli_usage("checkpoint", "bad time: %s", optarg);
            break;
        case 'i':
            if (ck_duration(optarg, &interval) < 0)
                return ck_cli_usage("checkpoint", "bad time: %s", optarg);
            clock_only = 1;
            break;
        case 'd':
            dir_option = optarg;
            break;
        case 'h':
            return ck_cli_help(usage);
        default:
            return 2;
        }
    }
    if (clock_only && (flags || timeout))
        return ck_cli_usage("checkpoint", "--interval stands alone");
    r = ck_cli_target("checkpoint", dir_option, argc, argv, optind, dir);
    if (r)
        return r;
    return clock_only ? set_interval(dir, interval)
                      : request(dir, flags, timeout);
}
