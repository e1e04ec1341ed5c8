/*
 * env.c - environments: the job's as Slurm hands it to the hooks, and the
 * process's own in sbatch. The plugin's only file with getenv.
 */
#include "spank/plugin.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/jobdir.h"

extern char **environ;

/* What brings a program under control, or tells it where it belongs. */
static const char *const control[] = {
    "CKPT_DIR",  "CKPT_TREE",    "CKPT_STDIO",     "CKPT_ROOT_TREE",
    "CKPT_SRUN", "CKPT_RESTART", "CKPT_OPEN_MODE", "CKPT_OFF",
};
#define CONTROLS (sizeof(control) / sizeof(control[0]))
/* How sbatch leaves an option for what runs inside the job. */
#define OPTION_PREFIX "SLURM_SPANK__SLURM_SPANK_OPTION_ckpt_"

static int is_named(const char *entry, const char *name)
{
    size_t n = strlen(name);

    return strncmp(entry, name, n) == 0 && entry[n] == '=';
}

const char *ck_envp_get(char **env, const char *name)
{
    for (; env && *env; env++)
        if (is_named(*env, name))
            return *env + strlen(name) + 1;
    return NULL;
}

/* value without our runtime, into buf (as long as value). */
static void without_runtime(char *buf, const char *value)
{
    char *out = buf;

    while (*value) {
        size_t n = strcspn(value, ": ");
        const char *base = memrchr(value, '/', n);
        size_t len = base ? (size_t)(value + n - base - 1) : n;

        base = base ? base + 1 : value;
        if (n && !(len == 10 && memcmp(base, "libckpt.so", 10) == 0)) {
            if (out != buf)
                *out++ = ':';
            memcpy(out, value, n);
            out += n;
        }
        value += n + (value[n] != 0);
    }
    *out = 0;
}

/* A preload entry without our runtime; NULL when nothing else is in it. */
static char *plain_preload(const char *value)
{
    char *e = malloc(strlen(CK_PRELOAD "=") + strlen(value) + 1);

    if (!e)
        return NULL;
    strcpy(e, CK_PRELOAD "=");
    without_runtime(e + strlen(e), value);
    if (e[strlen(CK_PRELOAD "=")])
        return e;
    free(e);
    return NULL;
}

char **ck_envp_plain(char **env)
{
    size_t n = 0, out = 0;
    char **v;

    while (env && env[n])
        n++;
    v = calloc(n + 1, sizeof(*v));
    if (!v)
        return NULL;
    for (size_t i = 0; i < n; i++) {
        size_t c = 0;

        while (c < CONTROLS && !is_named(env[i], control[c]))
            c++;
        if (c < CONTROLS)
            continue;
        v[out] = is_named(env[i], CK_PRELOAD)
                     ? plain_preload(env[i] + strlen(CK_PRELOAD "="))
                     : env[i];
        out += v[out] != NULL;
    }
    return v;
}

int ck_env_control(spank_t sp, const char *tree)
{
    char **env = NULL;
    const char *old = NULL;
    char *preload;
    size_t n;
    int bad = 0;

    if (spank_get_item(sp, S_JOB_ENV, &env) == ESPANK_SUCCESS)
        old = ck_envp_get(env, CK_PRELOAD);
    n = strlen(ck_plugin.paths.runtime) + (old ? strlen(old) : 0) + 2;
    preload = malloc(n);
    if (!preload)
        return -1;
    strcpy(preload, ck_plugin.paths.runtime);
    if (old) {
        size_t at = strlen(preload);

        preload[at] = ':';
        without_runtime(preload + at + 1, old);
        if (!preload[at + 1])
            preload[at] = 0;
    }
    bad |= spank_setenv(sp, CK_PRELOAD, preload, 1) != ESPANK_SUCCESS;
    bad |= spank_setenv(sp, "CKPT_DIR", ck_plugin.dir, 1) != ESPANK_SUCCESS;
    bad |= spank_setenv(sp, "CKPT_ROOT_TREE", tree, 1) != ESPANK_SUCCESS;
    spank_unsetenv(sp, "CKPT_TREE");
    spank_unsetenv(sp, "CKPT_STDIO");
    spank_unsetenv(sp, "CKPT_OPEN_MODE");
    spank_unsetenv(sp, "CKPT_SRUN");
    spank_unsetenv(sp, "CKPT_RESTART");
    free(preload);
    return bad ? -1 : 0;
}

void ck_env_release(spank_t sp)
{
    char **env = NULL, *plain;
    const char *old = NULL;

    for (size_t i = 0; i < CONTROLS; i++)
        spank_unsetenv(sp, control[i]);
    if (spank_get_item(sp, S_JOB_ENV, &env) == ESPANK_SUCCESS)
        old = ck_envp_get(env, CK_PRELOAD);
    if (!old)
        return;
    plain = plain_preload(old);
    if (plain)
        spank_setenv(sp, CK_PRELOAD, plain + strlen(CK_PRELOAD "="), 1);
    else
        spank_unsetenv(sp, CK_PRELOAD);
    free(plain);
}

const char *ck_envp_option(char **env, const char *option)
{
    char name[128];
    int n = snprintf(name, sizeof(name), OPTION_PREFIX "%s", option);

    if (n < 0 || (size_t)n >= sizeof(name))
        return NULL;
    for (char *c = name; *c; c++)
        if (*c == '-')
            *c = '_';
    return ck_envp_get(env, name);
}

const char *ck_env_local(const char *name)
{
    const char *v = getenv(name);

    return v && *v ? v : NULL;
}

void ck_env_local_set(const char *name, const char *value)
{
    if (value)
        setenv(name, value, 1);
    else
        unsetenv(name);
}

void ck_env_local_release(void)
{
    const char *preload = getenv(CK_PRELOAD);
    char name[128];

    if (!getenv("SLURM_JOB_ID"))
        return;
    for (size_t i = 0; i < CONTROLS; i++)
        unsetenv(control[i]);
    if (preload) {
        char *plain = plain_preload(preload);

        ck_env_local_set(CK_PRELOAD,
                         plain ? plain + strlen(CK_PRELOAD "=") : NULL);
        free(plain);
    }
    for (char **e = environ; e && *e;) {
        size_t n = strcspn(*e, "=");

        if (strncmp(*e, OPTION_PREFIX, strlen(OPTION_PREFIX)) != 0 ||
            n >= sizeof(name)) {
            e++;
            continue;
        }
        memcpy(name, *e, n);
        name[n] = 0;
        unsetenv(name); /* what follows moves up to *e */
    }
}

/* One argument of this process that begins with prefix, before "--". */
int ck_env_local_arg(const char *prefix)
{
    char buf[65536];
    int fd = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
    ssize_t n, got = 0;

    if (fd < 0)
        return 0;
    while (got < (ssize_t)sizeof(buf) - 1 &&
           (n = read(fd, buf + got, sizeof(buf) - 1 - (size_t)got)) > 0)
        got += n;
    close(fd);
    buf[got] = 0;
    for (char *p = buf; p < buf + got; p += strlen(p) + 1) {
        if (strcmp(p, "--") == 0)
            break;
        if (strncmp(p, prefix, strlen(prefix)) == 0)
            return 1;
    }
    return 0;
}

/* What is of this allocation and no other. A script may have changed others
 * (SLURM_NTASKS, SLURM_CPU_BIND, ...), and these stay as it has them. */
static int of_allocation(const char *entry)
{
    static const char *const prefix[] = {"SLURM_JOB_", "SLURMD_",
                                         "SLURM_TOPOLOGY_"};
    static const char *const name[] = {
        "SLURM_JOBID",          "SLURM_NODELIST",      "SLURM_NNODES",
        "SLURM_TASKS_PER_NODE", "SLURM_CPUS_ON_NODE",  "SLURM_GPUS_ON_NODE",
        "SLURM_NODE_ALIASES",   "SLURM_RESTART_COUNT", "SLURM_TASK_PID",
        "SLURM_CONF",           "SLURM_CLUSTER_NAME",  "SLURM_WORKING_CLUSTER",
        "SLURM_NODEID",         "SLURM_GTIDS",
    };

    for (size_t i = 0; i < sizeof(prefix) / sizeof(prefix[0]); i++)
        if (strncmp(entry, prefix[i], strlen(prefix[i])) == 0)
            return 1;
    for (size_t i = 0; i < sizeof(name) / sizeof(name[0]); i++)
        if (is_named(entry, name[i]))
            return 1;
    return 0;
}

int ck_env_write(const char *dir, char **env, struct ck_err *e)
{
    char path[CK_PATH], *text;
    size_t n = 0, at = 0;
    int r;

    for (char **v = env; v && *v; v++)
        n += strlen(*v) + 1;
    text = malloc(n + 1);
    if (!text)
        return ck_err(e, -ENOMEM, "no memory");
    for (char **v = env; v && *v; v++)
        if (of_allocation(*v)) {
            strcpy(text + at, *v);
            at += strlen(*v) + 1;
        }
    r = ck_jobdir_path(path, sizeof(path), dir, "env");
    r = r < 0 ? ck_err(e, r, "path too long: %s", dir)
              : ck_jobdir_replace(path, text, at, e);
    free(text);
    return r;
}
