/*
 * stepd.c - slurmstepd and the tasks it forks.
 *
 * user_init, once per step and node: what is this step to us, does the
 * runtime work here, where is the job directory, is there a coordinator.
 * task_init, in each task: the environment, or the restart in place of the
 * program; or, when there can be no checkpoints, the reason in the task's
 * own output. task_exit: how the task ended, for a restart that finds it
 * gone; and when it was the job's script, what becomes of the job.
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
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <slurm/slurm.h>

#include "lib/base/conn.h"
#include "lib/base/jobdir.h"
#include "lib/base/sets.h"
#include "lib/image/intake.h"
#include "lib/sys/fmt.h"

static char srun_name[32]; /* which srun of the job; "" not known */

/* Where an srun has several components (a : b, --het-group=0,1), each of them
 * counts its tasks from 0 in a slurmstepd of its own, and only the task is told
 * its rank in the whole: it tells slurmstepd by this page, which both have. */
struct shared {
    uint32_t first; /* rank of this component's first task, plus 1; 0 unknown */
};
static struct shared *shared;

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
    const char *job = ck_envp_get(env, "SLURM_JOB_ID");

    if (item_u32(sp, S_JOB_ID, &ck_plugin.component) < 0 ||
        item_u32(sp, S_JOB_STEPID, &ck_plugin.stepid) < 0 ||
        item_u32(sp, S_JOB_NODEID, &ck_plugin.node) < 0 ||
        spank_get_item(sp, S_JOB_UID, &ck_plugin.uid) != ESPANK_SUCCESS ||
        spank_get_item(sp, S_JOB_GID, &ck_plugin.gid) != ESPANK_SUCCESS)
        return -1;
    /* each component has an id, and the first one's is that of the whole */
    ck_plugin.job = job ? (uint32_t)strtoul(job, NULL, 10) : 0;
    if (!ck_plugin.job)
        ck_plugin.job = ck_plugin.component;
    ck_plugin.step = step_kind(env);
    name_node(env);
    shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
                  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return shared == MAP_FAILED ? -1 : 0;
}

/* Which srun it is and the set that it goes on from: from D/step.<number>, and
 * where that can't be read, from what the environment has. */
static void learn_step(char **env)
{
    const char *srun = ck_envp_get(env, "CKPT_SRUN");
    const char *set = ck_envp_get(env, "CKPT_RESTART");
    char path[CK_PATH], text[CK_PATH + 64], *space;

    if (ck_plugin.dir[0] &&
        ck_jobdir_path(path, sizeof(path), ck_plugin.dir, CK_STEP_FILE "%u",
                       ck_plugin.stepid) == 0 &&
        ck_read_file(path, text, sizeof(text)) > 0 &&
        (space = strchr(text, ' '))) {
        *space = 0;
        srun = text;
        set = space + 1;
        space[1 + strcspn(set, "\n")] = 0;
    }
    if (srun && strlen(srun) < sizeof(srun_name) &&
        strspn(srun, "0123456789") == strlen(srun))
        strcpy(srun_name, srun);
    if (set && set[0] == '/' && strlen(set) < CK_PATH)
        strcpy(ck_plugin.set_dir, set);
}

static void join_coordinator(void)
{
    struct ck_err e;

    if (ck_conn_alive(ck_plugin.dir, 5000, &e) != 1)
        snprintf(ck_plugin.problem, sizeof(ck_plugin.problem),
                 "the job's coordinator cannot be reached: %.800s", e.text);
}

static void prepare(char **env)
{
    int found = ck_dir_find(env) == 0;

    if (ck_plugin.step == CK_STEP_INNER)
        learn_step(env); /* first: whatever goes wrong, a restart is one */
    if (ck_plugin.config_error.text[0])
        snprintf(ck_plugin.problem, sizeof(ck_plugin.problem), "%.1000s",
                 ck_plugin.config_error.text);
    else if (!found || ck_probe_runtime() < 0)
        return; /* with the reason */
    else if (ck_plugin.step == CK_STEP_INNER)
        join_coordinator();
    else
        ck_coordinator_start(env);
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
    ck_child_learn_groups();
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
    default:
        if (srun_name[0])
            snprintf(buf, cap, "srun-%s.%u", srun_name, rank);
        else /* srun was not under control: no restart, but checkpoints */
            snprintf(buf, cap, "step-%u.%u.%u", ck_plugin.component,
                     ck_plugin.stepid, rank);
    }
}

/* The task's rank among all that its srun has started. */
static int task_rank(spank_t sp, uint32_t *rank)
{
    uint32_t own;
    char text[16];

    if (item_u32(sp, S_TASK_GLOBAL_ID, &own) < 0)
        return -1;
    *rank = own;
    if (spank_getenv(sp, "SLURM_PROCID", text, sizeof(text)) == ESPANK_SUCCESS)
        *rank = (uint32_t)strtoul(text, NULL, 10);
    __atomic_store_n(&shared->first, *rank - own + 1, __ATOMIC_RELEASE);
    return 0;
}

/* In slurmstepd: the rank of a task that has been through the above. */
static int ended_rank(spank_t sp, uint32_t *rank)
{
    uint32_t first = __atomic_load_n(&shared->first, __ATOMIC_ACQUIRE);

    if (!first || item_u32(sp, S_TASK_GLOBAL_ID, rank) < 0)
        return -1;
    *rank += first - 1;
    return 0;
}

/* What a #SBATCH line says about the output's open mode; "": nothing. */
static const char *script_says(spank_t sp)
{
    char **argv = NULL, line[1024];
    const char *said = "", *at;
    int argc = 0;
    FILE *f;

    if (spank_get_item(sp, S_JOB_ARGV, &argc, &argv) != ESPANK_SUCCESS ||
        argc < 1 || !(f = fopen(argv[0], "re")))
        return "a"; /* unknown: leave the file alone */
    while (fgets(line, sizeof(line), f))
        if (strncmp(line, "#SBATCH", 7) == 0 &&
            (at = strstr(line, "--open-mode")))
            said = strcspn(at + 11, "tT") < strcspn(at + 11, "aA\n") ? "t" : "a";
    fclose(f);
    return said;
}

/* The output was opened for appending because of us, and this is the first
 * start: it begins empty, as the user expects. So do the files of its steps,
 * which inherit the mode. */
static void fresh_output(spank_t sp)
{
    const char *said;
    char mode[16];
    struct stat st;

    if (spank_getenv(sp, "CKPT_OPEN_MODE", mode, sizeof(mode)) !=
            ESPANK_SUCCESS ||
        strcmp(mode, "truncate") != 0 || ck_plugin.step != CK_STEP_BATCH)
        return;
    said = script_says(sp);
    if (*said == 'a')
        return;
    if (*said)
        spank_setenv(sp, "SLURM_OPEN_MODE", said, 1);
    else
        spank_unsetenv(sp, "SLURM_OPEN_MODE");
    for (int fd = 1; fd <= 2 && !ck_plugin.set_dir[0]; fd++)
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
        return ck_plugin.set_dir[0] ||
               (!ck_plugin.dir[0] && ck_plugin.restart[0]);
    return ck_plugin.restart[0] ||
           (ck_plugin.dir[0] && ck_sets_newest(ck_plugin.dir) >
                                    ck_sets_finished(ck_plugin.dir, NULL));
}

/* The other tasks may be under control: no set without this one. */
static void note_off(const char *tree)
{
    char path[CK_PATH], text[sizeof(ck_plugin.problem) + 1];
    int n = snprintf(text, sizeof(text), "%s\n", ck_plugin.problem);

    if (ck_plugin.step == CK_STEP_INNER && ck_plugin.dir[0] &&
        ck_jobdir_path(path, sizeof(path), ck_plugin.dir, CK_OFF_FILE "%s",
                       tree) == 0)
        ck_jobdir_replace(path, text, (size_t)n, NULL);
}

/* No checkpoints: says so, or ends the task. */
static void give_up(spank_t sp, const char *tree, int first_here)
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
    note_off(tree);
    ck_env_release(sp);
    spank_setenv(sp, "CKPT_OFF", "1", 1);
}

int ck_stepd_task_init(spank_t sp)
{
    uint32_t rank = 0;
    int local = 0;
    char tree[64];

    if (ck_plugin.step == CK_STEP_NONE)
        return 0;
    task_rank(sp, &rank);
    spank_get_item(sp, S_TASK_ID, &local);
    fresh_output(sp);
    if (!ck_plugin.problem[0] && rank == 0 &&
        (ck_plugin.step != CK_STEP_INNER || strcmp(srun_name, "0") == 0))
        note_environment(sp);
    tree_name(tree, sizeof(tree), rank);
    if (ck_plugin.problem[0]) {
        give_up(sp, tree, local == 0);
        return 0;
    }
    if (ck_plugin.note[0] && local == 0)
        dprintf(2, "ckpt: %s\n", ck_plugin.note);
    if (ck_plugin.step == CK_STEP_INNER)
        ck_outputs_note(tree);
    ck_restart_task(sp, tree);
    ck_jobdir_exit_forget(ck_plugin.dir, tree);
    if (ck_env_control(sp, tree) < 0) {
        snprintf(ck_plugin.problem, sizeof(ck_plugin.problem),
                 "the task's environment cannot be set");
        give_up(sp, tree, local == 0);
    }
    return 0;
}

int ck_stepd_task_exit(spank_t sp)
{
    uint32_t rank = 0;
    char **env = NULL;
    int status = 0, n;
    char tree[64], path[CK_PATH], text[16];

    if (ck_plugin.step == CK_STEP_NONE || !ck_plugin.dir[0] ||
        (ck_plugin.problem[0] && ck_plugin.step != CK_STEP_INNER) ||
        ended_rank(sp, &rank) < 0 ||
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
    if (ck_plugin.problem[0] &&
        ck_jobdir_path(path, sizeof(path), ck_plugin.dir, CK_OFF_FILE "%s",
                       tree) == 0)
        unlink(path);
    /* what it has not read is nobody's, and nobody waits for it any more */
    if (ck_intake_path(path, sizeof(path), ck_plugin.dir, tree) == 0)
        unlink(path);
    setfsuid(0);
    setfsgid(0);
    if (ck_plugin.step == CK_STEP_BATCH &&
        spank_get_item(sp, S_JOB_ENV, &env) == ESPANK_SUCCESS)
        ck_ended(env, status);
    return 0;
}
