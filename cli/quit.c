/*
 * quit.c - `ckpt quit` and `ckpt kill`: end a computation through its
 * coordinator, which signals every process that it knows, on every node.
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "cli/ask.h"
#include "cli/cli.h"
#include "cli/members.h"
#include "lib/base/conn.h"
#include "lib/base/duration.h"
#include "lib/base/env.h"
#include "lib/base/json.h"
#include "lib/base/log.h"
#include "lib/proto/messages.h"
#include "lib/tree/capture.h"

static const char quit_usage[] =
    "usage: ckpt quit [--timeout TIME] [--dir DIR | DIR | JOBID | NAME]\n\n"
    "Sends SIGTERM to every process of the computation. Its image sets stay.\n"
    "Returns when all have ended, or fails after TIME (seconds; 30).\n";
static const char kill_usage[] =
    "usage: ckpt kill [--timeout TIME] [--dir DIR | DIR | JOBID | NAME]\n\n"
    "Sends SIGKILL to every process of the computation. Its image sets stay.\n"
    "Returns when all have ended, or fails after TIME (seconds; 30).\n";

/* ": sleep (pid 7), ..." of who is there, or "". */
static void who_is_left(const char *dir, char *text, size_t cap)
{
    const struct ck_jval *p;
    struct ck_status s;
    struct ck_err e;
    size_t len = 0;

    text[0] = '\0';
    if (ck_status_live(dir, 2000, &s, &e) < 0)
        return;
    p = ck_jget(s.doc, "processes");
    for (p = p ? p->child : NULL; p && len < cap / 2; p = p->next) {
        int pid = (int)ck_jnum(p, "real_pid", 0);
        const char *node = ck_jstr(p, "node", "");
        struct ck_proc_stat st;
        int asleep = strcmp(node, ck_env_node()) == 0 &&
                     ck_proc_stat_read(pid, &st) == 0 && st.state == 'D';

        len += (size_t)snprintf(text + len, cap - len, "%s%.40s (pid %d on "
                                "%.60s%s)", len ? ", " : ": ",
                                ck_jstr(p, "command", "?"), pid, node,
                                asleep ? ", waits in the kernel, state D" :
                                         "");
    }
    ck_status_free(&s);
}

/* The coordinator ends after the last process: until then it answers. */
static int wait_gone(const char *dir, uint8_t cmd, int64_t until,
                     struct ck_err *e)
{
    char who[512];

    for (;;) {
        int r = ck_conn_alive(dir, 2000, NULL);

        if (r == 0)
            return 0;
        if (ck_now_ms() >= until) {
            who_is_left(dir, who, sizeof(who));
            return ck_err(e, -ETIMEDOUT,
                          "the computation in %s has not ended yet%s%s",
                          dir, who, cmd == CK_CMD_QUIT ?
                          "; `ckpt kill` ends it by force" : "");
        }
        ck_sleep_ms(50);
    }
}

/* Programs whose coordinator has died are ended one by one. */
static int end_members(const char *dir, int sig, int64_t until,
                       struct ck_err *e)
{
    struct ck_member m[64];
    unsigned n = ck_members(dir, m, 64), all = n;

    if (n == 0) {
        ck_members_end_helpers(dir);
        return -ENOENT; /* e says who does not answer */
    }
    for (unsigned sent = 0; n > 0; n = ck_members(dir, m, 64)) {
        for (unsigned i = 0; i < n && i < 64; i++)
            if (!sent || sig == SIGKILL)
                kill(m[i].pid, sig);
        sent = n <= 64;
        if (ck_now_ms() >= until)
            return ck_err(e, -ETIMEDOUT, "%s (pid %d) has not ended yet",
                          m[0].comm, (int)m[0].pid);
        ck_sleep_ms(20);
    }
    ck_members_end_helpers(dir);
    ck_log("no coordinator answered; %u process%s on this node ended", all,
           all > 1 ? "es" : "");
    return 0;
}

/* A connection that is lost is that of one who has ended, as it was told to;
 * or it had no time to read from us, and is to be told again. */
static int tell(const char *dir, uint8_t cmd, int64_t until, struct ck_err *e)
{
    int told = 0;

    for (;;) {
        struct ck_conn *c;
        int64_t left = until - ck_now_ms();
        int r = ck_conn_open(dir, 10000, &c, e);

        if (r == -ENOENT || r == -ECONNREFUSED)
            return told ? 0 : r;
        if (r < 0)
            return r;
        r = ck_conn_run(c, cmd, 0, 0, left > 1 ? (int)left : 1, NULL, NULL, e);
        ck_conn_close(c);
        if (r != -ECONNRESET || ck_now_ms() >= until)
            return r;
        told = 1;
        ck_sleep_ms(50);
    }
}

static int end_it(const char *dir, uint8_t cmd, uint32_t timeout)
{
    int64_t until = ck_now_ms() + (int64_t)timeout * 1000;
    struct ck_err e;
    int r = tell(dir, cmd, until, &e);

    if (r == -ENOENT || r == -ECONNREFUSED)
        return end_members(dir, cmd == CK_CMD_KILL ? SIGKILL : SIGTERM, until,
                           &e) < 0
                   ? ck_cli_fail(&e)
                   : 0;
    if (r < 0)
        return ck_cli_fail(&e);
    return wait_gone(dir, cmd, until, &e) < 0 ? ck_cli_fail(&e) : 0;
}

static int run(int argc, char **argv, const char *name, const char *usage,
               uint8_t cmd)
{
    static const struct option options[] = {
        {"dir", required_argument, NULL, 'd'},
        {"timeout", required_argument, NULL, 't'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    const char *dir_option = NULL;
    uint32_t timeout = 30;
    char dir[CK_PATH];
    int o, r;

    while ((o = getopt_long(argc, argv, "hd:t:", options, NULL)) != -1) {
        switch (o) {
        case 'd':
            dir_option = optarg;
            break;
        case 't':
            if (ck_duration(optarg, &timeout) < 0 || timeout > 86400)
                return ck_cli_usage(name, "bad time: %s", optarg);
            break;
        case 'h':
            return ck_cli_help(usage);
        default:
            return 2;
        }
    }
    r = ck_cli_target(name, dir_option, argc, argv, optind, dir);
    return r ? r : end_it(dir, cmd, timeout);
}

int ck_cmd_quit(int argc, char **argv)
{
    return run(argc, argv, "quit", quit_usage, CK_CMD_QUIT);
}

int ck_cmd_kill(int argc, char **argv)
{
    return run(argc, argv, "kill", kill_usage, CK_CMD_KILL);
}
