/*
 * options.c - the --checkpoint options and the arguments in plugstack.conf.
 *
 * One table. Values are checked where they are typed (sbatch, salloc, srun)
 * by the same code that reads ckpt.conf; what reaches a compute node has
 * been checked, so a callback does not fail there. Slurm calls the callbacks
 * up to twice in one process: they only set.
 *
 * Order: built-in defaults, ckpt.conf, plugstack.conf, the user.
 */
#include "spank/plugin.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { OPT_INTERVAL, OPT_DIR, OPT_KEEP, OPT_LEAD, OPT_ON, OPT_FAILURES,
       OPT_RESTART, OPT_REQUIRED }; /* in the order of the table below */

/* The key in lib/base/config.c that stands behind each option. */
static const char *const key_of[] = {
    [OPT_INTERVAL] = "interval", [OPT_DIR] = "dir",
    [OPT_KEEP] = "keep",         [OPT_LEAD] = "lead",
    [OPT_ON] = "on",             [OPT_RESTART] = NULL,
    [OPT_REQUIRED] = "required", [OPT_FAILURES] = "failures",
};

static int on_option(int val, const char *arg, int remote);

static struct spank_option options[] = {
    {"checkpoint-interval", "TIME",
     "take a checkpoint every TIME (10: ten minutes, 0:30: thirty seconds) "
     "and go on from the last one when the job is requeued",
     1, OPT_INTERVAL, on_option},
    {"checkpoint-dir", "DIR",
     "keep the job's images in DIR/ckpt.<job id> (default: the job's "
     "working directory)",
     1, OPT_DIR, on_option},
    {"checkpoint-keep", "N", "keep the last N image sets", 1, OPT_KEEP,
     on_option},
    {"checkpoint-lead", "TIME",
     "begin the last checkpoint TIME before the time limit; auto learns it",
     1, OPT_LEAD, on_option},
    {"checkpoint-on", "EVENTS",
     "checkpoint and requeue at these: timeout,preempt (default), failure, or "
     "none",
     1, OPT_ON, on_option},
    {"checkpoint-failures", "N",
     "with --checkpoint-on=failure: requeue after N failures at most (3)", 1,
     OPT_FAILURES, on_option},
    {"checkpoint-restart", "JOB",
     "go on from the images of an older job: its id, or their directory", 1,
     OPT_RESTART, on_option},
    {"checkpoint-required", NULL,
     "fail, instead of running without checkpoints, if they are impossible",
     0, OPT_REQUIRED, on_option},
};

static int refuse(int remote, int val, const char *arg, const char *why)
{
    if (!remote)
        slurm_error("--%s=%s: %s", options[val].name, arg, why);
    return remote ? 0 : -1;
}

/* "interval=x: must be a time" -> "must be a time" */
static const char *reason(const char *text)
{
    const char *p = strstr(text, ": must be ");

    return p ? p + 2 : text;
}

static int on_option(int val, const char *arg, int remote)
{
    struct ck_config *c = &ck_plugin.config;
    struct ck_err e;

    ck_plugin.asked = 1;
    if (!remote && spank_context() == S_CTX_ALLOCATOR)
        ck_alloc_append();
    if (val == OPT_REQUIRED) {
        c->required = 1;
        return 0;
    }
    if (!arg)
        return refuse(remote, val, "", "needs a value");
    if (val == OPT_RESTART) {
        if (!*arg || strlen(arg) >= sizeof(ck_plugin.restart))
            return refuse(remote, val, arg, "must be a job id or a directory");
        strcpy(ck_plugin.restart, arg);
        return 0;
    }
    if (ck_config_set(c, key_of[val], arg, &e) < 0)
        return refuse(remote, val, arg, reason(e.text));
    if (val == OPT_INTERVAL && c->interval == 0)
        return refuse(remote, val, arg, "must be longer than nothing");
    return 0;
}

/* <prefix>/lib/slurm/spank_ckpt.so -> <prefix>, unless prefix= said else. */
static int own_prefix(char *buf, size_t cap)
{
    Dl_info info;
    char *s;

    if (!dladdr((void *)&own_prefix, &info) || !info.dli_fname ||
        strlen(info.dli_fname) >= cap)
        return -1;
    strcpy(buf, info.dli_fname);
    for (int up = 0; up < 3; up++) {
        s = strrchr(buf, '/');
        if (!s)
            return -1;
        *s = 0;
    }
    return 0;
}

/* 0, or -EINVAL, or -ENOENT: no such key; with what is wrong. */
static int site_argument(const char *arg, struct ck_err *e)
{
    char key[32];
    const char *eq = strchr(arg, '=');

    if (!eq)
        return ck_err(e, -EINVAL, "\"%s\" is not key=value", arg);
    snprintf(key, sizeof(key), "%.*s", (int)(eq - arg), arg);
    if (strcmp(key, "prefix") == 0)
        return 0;
    return ck_config_set(&ck_plugin.config, key, eq + 1, e);
}

static void site_arguments(int ac, char **av, struct ck_err *bad)
{
    int unknown = 0;

    for (int i = 0; i < ac; i++) {
        struct ck_err e;
        int r = site_argument(av[i], &e);

        unknown |= r == -ENOENT;
        if (r < 0)
            ck_err_and(bad, "plugstack.conf: %s", e.text);
    }
    if (unknown)
        ck_err_and(bad, "plugstack.conf may have prefix, " CK_CONFIG_KEYS);
}

static void site_defaults(int ac, char **av)
{
    struct ck_err *bad = &ck_plugin.config_error;
    char prefix[CK_PATH];
    const char *p = prefix;

    ck_config_init(&ck_plugin.config);
    if (own_prefix(prefix, sizeof(prefix)) < 0)
        strcpy(prefix, "/usr/local");
    for (int i = 0; i < ac; i++)
        if (strncmp(av[i], "prefix=", 7) == 0)
            p = av[i] + 7;
    if (ck_paths_prefix(&ck_plugin.paths, p, bad) < 0)
        return;
    ck_config_load(&ck_plugin.config, ck_plugin.paths.conf, bad);
    site_arguments(ac, av, bad);
}

int ck_options_init(spank_t sp, int ac, char **av)
{
    site_defaults(ac, av);
    for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
        if (spank_option_register(sp, &options[i]) != ESPANK_SUCCESS) {
            /* A name that somebody else has taken: jobs go on without us. */
            slurm_error("ckpt: cannot register --%s", options[i].name);
            return 0;
        }
    }
    return 0;
}

void ck_options_recover(char **env)
{
    for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
        const char *v = ck_envp_option(env, options[i].name);

        if (v)
            on_option(options[i].val, v, 1);
    }
}
