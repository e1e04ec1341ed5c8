/* env.c - see env.h. The only getenv of a hosted program. */
#include "lib/base/env.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const char *const names[CK_ENV_COUNT_] = {
    [CK_ENV_DIR] = "CKPT_DIR",
    [CK_ENV_TREE] = "CKPT_TREE",
    [CK_ENV_STDIO] = "CKPT_STDIO",
    [CK_ENV_DEBUG] = "CKPT_DEBUG",
    [CK_ENV_CONF] = "CKPT_CONF",
    [CK_ENV_INTERVAL] = "CKPT_INTERVAL",
    [CK_ENV_LD_PRELOAD] = "LD_PRELOAD",
    [CK_ENV_PATH] = "PATH",
    [CK_ENV_HOME] = "HOME",
    [CK_ENV_SLURM_JOB_ID] = "SLURM_JOB_ID",
    [CK_ENV_SLURM_RESTARTS] = "SLURM_RESTART_COUNT",
    [CK_ENV_COLUMNS] = "COLUMNS",
    [CK_ENV_TERM] = "TERM",
};

const char *ck_env(enum ck_env which)
{
    const char *v;

    if (which < 0 || which >= CK_ENV_COUNT_)
        return NULL;
    v = getenv(names[which]);
    return v && *v ? v : NULL;
}

const char *ck_env_home(void)
{
    static char home[1024];
    const char *h = ck_env(CK_ENV_HOME);
    struct passwd *pw;

    if (h && *h == '/')
        return h;
    pw = getpwuid(getuid());
    snprintf(home, sizeof(home), "%s", pw && pw->pw_dir ? pw->pw_dir : "");
    return home;
}

const char *ck_env_node(void)
{
    static char host[256];

    if (!host[0] && gethostname(host, sizeof(host) - 1) != 0)
        snprintf(host, sizeof(host), "localhost");
    return host;
}

void ck_env_put(const char *name, const char *value)
{
    if (value)
        setenv(name, value, 1);
    else
        unsetenv(name);
}
