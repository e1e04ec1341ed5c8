/*
 * stepd.c - slurmstepd and the tasks it forks.
 *
 * user_init, once per step and node: what is this step to us, does the
 * runtime work here, where is the job directory, is there a coordinator.
 * task_init, in each task: the environment, or the restart in place of the
 * program; or, when there can be no checkpoints, the reason in the task's
 * own output. task_exit: how the task ended, for a restart that finds it
 * gone.
 *
 * On failure: see plugin.h. Only with --checkpoint-required does a task end.
 */
#include "spank/plugin.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <slurm/slurm.h>

#include "lib/base/conn.h"
#include "lib/base/jobdir.h"
#include "lib/base/sets.h"

static char srun_name[32]; /* which srun of the job; "" not known */

static int item_u32(spank_t sp, spank_item_t item, uint32_t *v)
{
    return spank_get_item(sp, item, v) == ESPANK_SUCCESS ? 0 : -1;
}

static enum ck_step step_kind(char **env)
{
    switch (ck_plugin.stepid) {
    case SLURM_EXTERN_CONT:
        return CK_STEP_NONE;
    case SLURM_BATCH_SCRIPT:
        return CK_STEP_BATCH;
    case SLURM_INTERACTIVE_STEP:
        return CK_STEP_INTERACTIVE;
    default:
        /* the batch script has told already why there are no checkpoints */
        return ck_envp_get(env, "CKPT_OFF") ? CK_STEP_NONE : CK_STEP_INNER;
    }
}

/* Slurm's library, which this process is linked with and the plugin is not. */
extern hostlist_t slurm_hostlist_create(const char *list)
    __attribute__((weak));
extern char *slurm_hostlist_shift(hostlist_t list) __attribute__((weak));
extern void slurm_hostlist_destroy(hostlist_t list) __attribute__((weak));

/* A hook is not told what its node is called: it is the step's n-th. Where
 * that cannot be found out, the host's name is as good. */
static void name_node(char **env)
{
    const char *nodes = ck_envp_get(env, "SLURM_STEP_NODELIST");
    hostlist_t list = NULL;
    char *name = NULL;

    if (!nodes)
        nodes = ck_envp_get(env, "SLURM_JOB_NODELIST");
    if (nodes && slurm_hostlist_create && slurm_hostlist_shift &&
        slurm_hostlist_destroy)
        list = slurm_hostlist_create(nodes);
    for (uint32_t i = 0; list && i <= ck_plugin.node; i++) {
        free(name);
        name = slurm_hostlist_shift(list);
    }
    if (list)
        slurm_hostlist_destroy(list);
    if (name)
        snprintf(ck_plugin.nodename, sizeof(ck_plugin.nodename), "%s", name);
    else if (gethostname(ck_plugin.nodename, sizeof(ck_plugin.nodename)) != 0)
        strcpy(ck_plugin.nodename, "localhost");
    free(name);
}

static int identify(spank_t sp, char **env)
{
    if (item_u32(sp, S_JOB_ID, &ck_plugin.job) < 0 ||
        item_u32(sp, S_JOB_STEPID, &ck_plugin.stepid) < 0 ||
        item_u32(sp, S_JOB_NODEID, &ck_plugin.node) < 0 ||
        spank_get_item(sp, S_JOB_UID, &ck_plugin.uid) != ESPANK_SUCCESS ||
        spank_get_item(sp, S_JOB_GID, &ck_plugin.gid) != ESPANK_SUCCESS)
        return -1;
    ck_plugin.step = step_kind(env);
    name_node(env);
    return 0;
}

static int join_coordinator(char **env)
{
    const char *srun = ck_envp_get(env, "CKPT_SRUN");
    const char *set = ck_envp_get(env, "CKPT_RESTART");
    struct ck_err e;

    if (srun && strlen(srun) < sizeof(srun_name) &&
        strspn(srun, "0123456789") == strlen(srun))
        strcpy(srun_name, srun);
    if (set && set[0] == '/' && strlen(set) < CK_PATH)
        strcpy(ck_plugin.set_dir, set);
    if (ck_conn_alive(ck_plugin.dir, 5000, &e) == 1)
        return 0;
    snprintf(ck_plugin.problem, sizeof(ck_plugin.problem),
             "the job's coordinator cannot be reached: %.800s", e.text);
    return -1;
}

/* The other nodes of a step that has its own coordinator restart from the
 * set that its first node has chosen. */
static void set_of_first_node(void)
{
    char path[CK_PATH];
    ssize_t n = -1;
    int fd = -1;

    if (ck_jobdir_path(path, sizeof(path), ck_plugin.dir, "restart") == 0)
        fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return;
    n = read(fd, ck_plugin.set_dir, CK_PATH - 1);
    close(fd);
    ck_plugin.set_dir[n > 0 ? n : 0] = 0;
}

static void prepare(char **env)
{
    if (ck_plugin.config_error.text[0]) {
        snprintf(ck_plugin.problem, sizeof(ck_plugin.problem), "%.1000s",
                 ck_plugin.config_error.text);
        return;
    }
    if (ck_dir_find(env) < 0 || ck_probe_runtime() < 0)
        return;
    switch (ck_plugin.step) {
    case CK_STEP_INNER:
        join_coordinator(env);
        break;
    case CK_STEP_ALONE:
        if (ck_plugin.node != 0) {
            if (ck_coordinator_await() == 0)
                set_of_first_node();
            break;
        }
        ck_coordinator_start(env);
        break;
    default:
        ck_coordinator_start(env);
    }
}

int ck_stepd_user_init(spank_t sp)
{
    char **env = NULL;

    if (spank_get_item(sp, S_JOB_ENV, &env) != ESPANK_SUCCESS)
        return 0;
    if (!ck_plugin.asked)
        ck_options_recover(env);
    if (!ck_plugin.asked)
        return 0;
    if (identify(sp, env) < 0) {
        slurm_error("ckpt: this step cannot be identified; no checkpoints");
        return 0;
    }
    if (ck_plugin.step == CK_STEP_NONE)
        return 0;
    prepare(env);
    if (!ck_plugin.problem[0])
        ck_quiet_start();
    else
        slurm_info("ckpt: no checkpoints: %s", ck_plugin.problem);
    return 0;
}

/* ---- in the task ---- */

static void tree_name(char *buf, size_t cap, uint32_t rank)
{
    switch (ck_plugin.step) {
    case CK_STEP_BATCH:
        snprintf(buf, cap, "batch");
        break;
    case CK_STEP_INTERACTIVE:
        snprintf(buf, cap, "interactive");
        break;
    case CK_STEP_ALONE:
        snprintf(buf, cap, "srun-0.%u", rank);
        break;
    default:
        if (srun_name[0])
            snprintf(buf, cap, "srun-%s.%u", srun_name, rank);
        else /* srun was not under control: no restart, but checkpoints */
            snprintf(buf, cap, "step-%u.%u", ck_plugin.stepid, rank);
    }
}

/* A #SBATCH line about the output's open mode? Then the user has chosen. */
static int script_says(spank_t sp)
{
    char **argv = NULL, line[1024];
    int argc = 0, yes = 0;
    FILE *f;

    if (spank_get_item(sp, S_JOB_ARGV, &argc, &argv) != ESPANK_SUCCESS ||
        argc < 1 || !(f = fopen(argv[0], "re")))
        return 1; /* unknown: leave the file alone */
    while (!yes && fgets(line, sizeof(line), f))
        yes = strncmp(line, "#SBATCH", 7) == 0 &&
              strstr(line, "--open-mode") != NULL;
    fclose(f);
    return yes;
}

/* The output was opened for appending because of us, and this is the first
 * start: it begins empty, as the user expects. */
static void fresh_output(spank_t sp)
{
    char mode[16];
    struct stat st;

    if (spank_getenv(sp, "CKPT_OPEN_MODE", mode, sizeof(mode)) !=
            ESPANK_SUCCESS ||
        strcmp(mode, "truncate") != 0 || ck_plugin.step != CK_STEP_BATCH ||
        ck_plugin.set_dir[0] || script_says(sp))
        return;
    for (int fd = 1; fd <= 2; fd++)
        if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size &&
            ftruncate(fd, 0) != 0)
            return;
}

/* D/env, for what is executed again at a restart. */
static void note_environment(spank_t sp)
{
    char **env = NULL;
    struct ck_err e;

    if (spank_get_item(sp, S_JOB_ENV, &env) == ESPANK_SUCCESS &&
        ck_env_write(ck_plugin.dir, env, &e) < 0)
        snprintf(ck_plugin.problem, sizeof(ck_plugin.problem), "%.1000s",
                 e.text);
}

/* A restart that cannot happen must not become a second start, which would
 * do everything again, into the same files. */
static int is_restart(void)
{
    if (ck_plugin.step == CK_STEP_INNER)
        return ck_plugin.set_dir[0] != 0;
    return ck_plugin.restart[0] ||
           (ck_plugin.dir[0] && ck_sets_newest(ck_plugin.dir) > 0);
}

/* No checkpoints: says so, or ends the task. */
static void give_up(spank_t sp, int first_here)
{
    if (is_restart()) {
        if (first_here)
            dprintf(2, "ckpt: cannot go on from the image set: %s\n",
                    ck_plugin.problem);
        _exit(1);
    }
    if (first_here)
        dprintf(2, "ckpt: %s: %s\n",
                ck_plugin.config.required
                    ? "checkpoints are required and impossible"
                    : "running without checkpoints",
                ck_plugin.problem);
    if (ck_plugin.config.required)
        _exit(1);
    spank_unsetenv(sp, "CKPT_OPEN_MODE");
    spank_unsetenv(sp, "CKPT_DIR");
    spank_setenv(sp, "CKPT_OFF", "1", 1);
}

int ck_stepd_task_init(spank_t sp)
{
    uint32_t rank = 0;
    int local = 0;
    char tree[64];

    if (ck_plugin.step == CK_STEP_NONE)
        return 0;
    item_u32(sp, S_TASK_GLOBAL_ID, &rank);
    spank_get_item(sp, S_TASK_ID, &local);
    fresh_output(sp);
    if (!ck_plugin.problem[0] && rank == 0 && ck_plugin.step != CK_STEP_INNER)
        note_environment(sp);
    if (ck_plugin.problem[0]) {
        give_up(sp, local == 0);
        return 0;
    }
    if (ck_plugin.note[0] && local == 0)
        dprintf(2, "ckpt: %s\n", ck_plugin.note);
    tree_name(tree, sizeof(tree), rank);
    ck_restart_task(sp, tree);
    if (ck_env_control(sp, tree) < 0) {
        snprintf(ck_plugin.problem, sizeof(ck_plugin.problem),
                 "the task's environment cannot be set");
        give_up(sp, local == 0);
    }
    return 0;
}

int ck_stepd_task_exit(spank_t sp)
{
    uint32_t rank = 0;
    int status = 0, n;
    char tree[64], path[CK_PATH], text[16];

    if (ck_plugin.step == CK_STEP_NONE || ck_plugin.problem[0] ||
        !ck_plugin.dir[0] || item_u32(sp, S_TASK_GLOBAL_ID, &rank) < 0 ||
        spank_get_item(sp, S_TASK_EXIT_STATUS, &status) != ESPANK_SUCCESS)
        return 0;
    tree_name(tree, sizeof(tree), rank);
    n = snprintf(text, sizeof(text), "%d\n", status);
    if (ck_jobdir_path(path, sizeof(path), ck_plugin.dir, "exit.%s", tree) < 0)
        return 0;
    /* The file ids belong to this thread alone. */
    setfsgid(ck_plugin.gid);
    setfsuid(ck_plugin.uid);
    ck_jobdir_replace(path, text, (size_t)n, NULL);
    setfsuid(0);
    setfsgid(0);
    return 0;
}
