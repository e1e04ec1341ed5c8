/*
 * env.h - the environment; lib/base/env.c has the only getenv of a hosted
 * program, so that what we read from outside can be listed by looking at
 * one file.
 */
#ifndef CKPT_LIB_BASE_ENV_H
#define CKPT_LIB_BASE_ENV_H

enum ck_env {
    CK_ENV_DIR,           /* CKPT_DIR: job directory */
    CK_ENV_TREE,          /* CKPT_TREE: set inside a controlled process */
    CK_ENV_STDIO,         /* CKPT_STDIO: for the capture helper */
    CK_ENV_DEBUG,         /* CKPT_DEBUG: more in the log */
    CK_ENV_CONF,          /* CKPT_CONF: another ckpt.conf */
    CK_ENV_INTERVAL,      /* CKPT_INTERVAL: seconds, default of --interval */
    CK_ENV_LD_PRELOAD,
    CK_ENV_PATH,
    CK_ENV_HOME,
    CK_ENV_SLURM_JOB_ID,
    CK_ENV_SLURM_RESTARTS, /* SLURM_RESTART_COUNT */
    CK_ENV_COLUMNS,
    CK_ENV_TERM,
    CK_ENV_COUNT_
};

/* Value, or NULL when unset or empty. */
const char *ck_env(enum ck_env which);
/* The user's home directory: $HOME, else from the user database; "" if
 * neither is there. */
const char *ck_env_home(void);
/* Name of this node: the host name, as the runtime says it too. Pids are
 * told apart by it, so it must not come from the environment, which a script
 * takes with it to another node. */
const char *ck_env_node(void);
/* Sets (value) or removes (NULL) a variable for the programs we execute. */
void ck_env_put(const char *name, const char *value);

#endif
