/*
 * launch.c - `ckpt launch`: runs a program under checkpoint control.
 *
 * The program is looked at first: what cannot be checkpointed is refused by
 * name, since it would run without our runtime and nobody would notice
 * until the first checkpoint. Then it joins the coordinator of the job
 * directory, or one is started. Everything the program itself sees is in
 * its environment; the job directory has the rest.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/ask.h"
#include "cli/cli.h"
#include "cli/given.h"
#include "cli/start.h"
#include "cli/super.h"
#include "cli/term.h"
#include "lib/base/config.h"
#include "lib/base/conn.h"
#include "lib/base/duration.h"
#include "lib/base/env.h"
#include "lib/base/jobdir.h"
#include "lib/base/log.h"
#include "lib/base/program.h"
#include "lib/base/sets.h"

/* A process that has ended may not have been noticed yet. Who outlives the
 * root keeps the coordinator; it ends by itself then. */
#define DISMISS_MS 300
#define REGISTER_MS 5000

static const char usage[] =
    "usage: ckpt launch [OPTIONS] [--] PROG [ARGS...]\n\n"
    "Runs PROG under checkpoint control in the foreground and ends with its\n"
    "exit status (128+signal if a signal ended it).\n\n"
    "  --interval TIME   an image set every TIME: seconds, or 10m, 2h, or\n"
    "                    Slurm's formats with a colon; 0: only on request\n"
    "  --dir DIR         job directory; a coordinator that runs there is\n"
    "                    joined. Default: $CKPT_DIR, else ./ckpt.NAME\n"
    "  --coordinator HOST:PORT\n"
    "                    join the coordinator there; its job directory must\n"
    "                    be registered in ~/.ckpt/jobs\n"
    "  --name NAME       name for `ckpt status NAME` and so on; a running\n"
    "                    computation of that name is joined\n"
    "  --keep N          image sets to keep (2)\n"
    "  --close-fds       PROG gets no open descriptor but 0, 1 and 2\n"
    "  --detach          print the job directory and return once it runs; what\n"
    "                    PROG writes goes to DIR/output\n";

struct launch {
    const char *dir_option, *name, *coordinator;
    struct ck_config conf;
    int has_interval, has_keep, detach, close_fds;
    struct ck_given given[CK_GIVEN_MAX];
    size_t ngiven;
    int started; /* the coordinator is ours to dismiss */
    struct ck_paths paths;
    char dir[CK_PATH];
    char tree[128];
    char program[CK_PATH];
    char auto_name[110];
};

static int options(struct launch *l, int argc, char **argv)
{
    static const struct option table[] = {
        {"interval", required_argument, NULL, 'i'},
        {"dir", required_argument, NULL, 'd'},
        {"coordinator", required_argument, NULL, 'c'},
        {"name", required_argument, NULL, 'n'},
        {"keep", required_argument, NULL, 'k'},
        {"detach", no_argument, NULL, 'D'},
        {"close-fds", no_argument, NULL, 'C'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    int o;

    while ((o = getopt_long(argc, argv, "+hi:d:c:n:k:", table, NULL)) != -1) {
        switch (o) {
        case 'i':
            if (ck_duration(optarg, &l->conf.interval) < 0)
                return ck_cli_usage("launch", "bad --interval: %s", optarg);
            l->has_interval = 1;
            break;
        case 'd':
            l->dir_option = optarg;
            break;
        case 'c':
            l->coordinator = optarg;
            break;
        case 'n':
            if (!ck_name_ok(optarg))
                return ck_cli_usage("launch",
                                    "bad --name: %s (letters, digits, . _ -)",
                                    optarg);
            l->name = optarg;
            break;
        case 'k':
            if (ck_cli_number(optarg, 1, 100000, &l->conf.keep) < 0)
                return ck_cli_usage("launch", "bad --keep: %s", optarg);
            l->has_keep = 1;
            break;
        case 'D':
            l->detach = 1;
            break;
        case 'C':
            l->close_fds = 1;
            break;
        case 'h':
            return -1;
        default:
            return 2;
        }
    }
    if (optind >= argc)
        return ck_cli_usage("launch", "which program?");
    if (l->coordinator && l->dir_option)
        return ck_cli_usage("launch",
                            "--coordinator and --dir exclude each other");
    return 0;
}

/* A name that no job directory here has: app, app-2, app-3... */
static void free_name(struct launch *l)
{
    const char *base = strrchr(l->program, '/');
    char clean[90], dir[CK_PATH];
    struct stat st;
    size_t n = 0;

    for (base = base ? base + 1 : l->program; *base && n < 80; base++)
        clean[n++] = ck_name_ok((char[]){'x', *base, 0}) ? *base : '_';
    clean[n] = 0;
    if (n == 0 || clean[0] == '.')
        clean[0] = '_';
    snprintf(l->auto_name, sizeof(l->auto_name), "%s", clean);
    for (unsigned i = 2; i < 100000; i++) {
        snprintf(dir, sizeof(dir), "ckpt.%s", l->auto_name);
        if (lstat(dir, &st) != 0)
            break;
        snprintf(l->auto_name, sizeof(l->auto_name), "%s-%u", clean, i);
    }
}

/* Is a computation of that name running on this node? start_coordinator
 * registers "current": what the same user launches from another terminal
 * belongs to it. */
static int join_named(struct launch *l, const char *name)
{
    struct ck_coord_addr a;

    if (ck_jobdir_registered(name, l->dir) != 0 ||
        ck_jobdir_check(l->dir, NULL, NULL) != 0 ||
        ck_jobdir_addr_read(l->dir, &a, NULL) != 0 ||
        strcmp(a.node, ck_env_node()) != 0 ||
        ck_conn_alive(l->dir, 5000, NULL) != 1)
        return 0;
    ck_log("joining the computation \"%s\" in %s", name, l->dir);
    return 1;
}

/* Which D: 1 its coordinator runs, 0 one has to be started. */
static int find_dir(struct launch *l, struct ck_err *e)
{
    const char *env = ck_env(CK_ENV_DIR);
    char want[CK_PATH];
    int r;

    if (l->coordinator) {
        r = ck_jobdir_by_addr(l->coordinator, l->dir, e);
        if (r < 0)
            return r;
        r = ck_conn_alive(l->dir, 10000, e);
        return r ? r
                 : ck_err(e, -ECONNREFUSED, "no coordinator answers at %s",
                          l->coordinator);
    }
    if (!l->dir_option && !env &&
        join_named(l, l->name ? l->name : "current"))
        return 1;
    if (!l->name && !l->dir_option && !env) {
        free_name(l);
        l->name = l->auto_name;
    }
    if (l->dir_option || env)
        snprintf(want, sizeof(want), "%s",
                 l->dir_option ? l->dir_option : env);
    else
        snprintf(want, sizeof(want), "ckpt.%s", l->name);
    r = ck_jobdir_create(want, l->dir, e);
    return r < 0 ? r : ck_conn_alive(l->dir, 10000, e);
}

static int start(struct launch *l, struct ck_err *e)
{
    struct ck_coord_start s = {
        .dir = l->dir,
        .name = l->name,
        .has_interval = l->has_interval || l->conf.interval,
        .interval = l->conf.interval,
        .keep = l->conf.keep,
    };
    uint32_t old = ck_sets_newest(l->dir);
    pid_t pid;

    if (old)
        ck_log("%s holds image sets of an earlier run, up to %u; `ckpt "
               "restart` would go on from there, this is a new run",
               l->dir, old);
    ck_jobdir_forget_run(l->dir);
    pid = ck_coordinator_start(&l->paths, &s, e);
    if (pid < 0)
        return pid;
    l->started = 1;
    if (l->name) {
        struct ck_err why;

        if (ck_jobdir_register(l->name, l->dir, &why) < 0)
            ck_log("%s; use the directory %s instead", why.text, l->dir);
    }
    return 0;
}

/* In the child. Returns only when the program could not be executed. */
static void execute(const struct launch *l, char **argv)
{
    const char *old = ck_env(CK_ENV_LD_PRELOAD);
    char *preload = NULL;

    if (asprintf(&preload, "%s%s%s", l->paths.runtime, old ? ":" : "",
                 old ? old : "") < 0)
        return;
    ck_env_put("LD_PRELOAD", preload);
    ck_env_put("CKPT_DIR", l->dir);
    ck_env_put("CKPT_ROOT_TREE", l->tree);
    free(preload);
    execv(l->program, argv);
}

static pid_t spawn(const struct launch *l, char **argv,
                   const struct ck_super *s, struct ck_err *e)
{
    int p[2], err = 0;
    pid_t pid;

    if (pipe2(p, O_CLOEXEC) != 0)
        return ck_err_sys(e, -errno, "no pipe");
    pid = fork();
    if (pid == 0) {
        ck_super_child(s);
        execute(l, argv);
        err = errno;
        if (write(p[1], &err, sizeof(err)) < 0)
            _exit(126);
        _exit(127);
    }
    close(p[1]);
    if (pid > 0 && read(p[0], &err, sizeof(err)) == (ssize_t)sizeof(err)) {
        close(p[0]);
        return ck_err_sys(e, -err, "cannot execute %s", l->program);
    }
    close(p[0]);
    return pid > 0 ? pid : ck_err_sys(e, -errno, "cannot fork");
}

static int is_known(const char *dir, pid_t pid)
{
    const struct ck_jval *p = NULL;
    struct ck_status s;
    struct ck_err e;
    int known;

    if (ck_status_live(dir, REGISTER_MS, &s, &e) < 0)
        return 0;
    p = ck_jget(s.doc, "processes");
    for (p = p ? p->child : NULL; p; p = p->next) {
        if (ck_jnum(p, "real_pid", 0) == pid)
            break;
    }
    known = p != NULL;
    ck_status_free(&s);
    return known;
}

/* Until the coordinator knows the program, so that a checkpoint may be asked
 * for at once; or the program has ended; or for a while: it may be one that
 * is not under control. */
static void wait_known(const struct launch *l, struct ck_root *root)
{
    int64_t until = ck_now_ms() + REGISTER_MS;

    while (!is_known(l->dir, root->pid) && ck_now_ms() < until) {
        if (ck_super_step(l->dir, root, 1, 10) == 0)
            return;
    }
}

static int run(struct launch *l, char **argv)
{
    struct ck_super super;
    struct ck_term term;
    struct ck_root root;
    struct ck_err e;
    int background = -1, code;

    memset(&root, 0, sizeof(root));
    if (l->detach) {
        background = ck_detach(l->dir, &e);
        if (background < 0)
            return ck_cli_fail(&e);
    }
    ck_term_note(&term);
    ck_super_begin(&super);
    ck_super_listen(l->dir);
    snprintf(root.tree, sizeof(root.tree), "%s", l->tree);
    root.pid = spawn(l, argv, &super, &e);
    if (root.pid < 0) {
        code = ck_cli_fail(&e);
    } else {
        ck_given_close(l->given, l->ngiven);
        if (l->detach)
            wait_known(l, &root);
        ck_detached(background, 0);
        background = -1;
        ck_super_wait(l->dir, &root, 1);
        if (WIFSIGNALED(root.status)) /* else it has left it as it wants */
            ck_term_back(&term);
        code = ck_super_end(l->dir, &root);
    }
    if (l->started)
        ck_coordinator_dismiss(l->dir, DISMISS_MS);
    ck_detached(background, code);
    return code;
}

/* Already under control: the program becomes part of that computation, as
 * everything does that is started there. */
static int nested(const struct launch *l, char **argv)
{
    ck_log("this shell is under checkpoint control already: %s joins the "
           "computation in %s",
           argv[0], ck_env(CK_ENV_DIR));
    execv(l->program, argv);
    ck_log("cannot execute %s: %s", l->program, strerror(errno));
    return errno == ENOENT ? 127 : 126;
}

int ck_cmd_launch(int argc, char **argv)
{
    struct launch l;
    struct ck_err e;
    int r;

    memset(&l, 0, sizeof(l));
    ck_config_init(&l.conf);
    if (ck_paths_self(&l.paths, &e) < 0 ||
        ck_config_load(&l.conf, l.paths.conf, &e) < 0)
        return ck_cli_fail(&e);
    r = options(&l, argc, argv);
    if (r)
        return r < 0 ? ck_cli_help(usage) : r;
    argv += optind;
    if (ck_program_check(argv[0], l.program, &e) < 0)
        return ck_cli_fail(&e);
    if (ck_env(CK_ENV_TREE) && ck_env(CK_ENV_DIR))
        return nested(&l, argv);
    if (ck_paths_check(&l.paths, &e) < 0)
        return ck_cli_fail(&e);
    l.ngiven = ck_given_here(l.given, CK_GIVEN_MAX);
    if (l.close_fds)
        ck_given_cloexec();
    else
        ck_given_tell(l.given, l.ngiven);
    r = find_dir(&l, &e);
    if (r == 0)
        r = start(&l, &e);
    else if (r == 1 && (l.has_interval || l.has_keep))
        ck_log("joining the coordinator of %s: its own --interval and --keep "
               "hold",
               l.dir);
    if (r < 0 || ck_jobdir_claim_tree(l.dir, l.tree, sizeof(l.tree), &e) < 0)
        return ck_cli_fail(&e);
    return run(&l, argv);
}
