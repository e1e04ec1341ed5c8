/*
 * alone.c - srun, when it is about to launch a step.
 *
 * An srun that is under control tells the step which one it is, and which set
 * its tasks go on from: by a file in the job directory, D/step.<number>, since
 * an environment is not passed on with --export=NONE.
 *
 * An srun without a coordinator (from a login node, or in an allocation whose
 * shell is not under control) starts one of its own, beside itself: srun is
 * there from the first task to the last one, whatever nodes and components the
 * step has, and none of its slurmstepds is.
 *
 * What goes wrong is told here; a restart, or --checkpoint-required, ends
 * srun before anything is launched. And at its end srun tells how to go on
 * where Slurm has ended the job.
 */
#include "spank/plugin.h"

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <slurm/slurm.h>

#include "lib/base/jobdir.h"
#include "lib/base/sets.h"

extern char **environ;

static int inside;  /* of an allocation that was there before */
static int started; /* a coordinator */

void ck_alone_begin(void)
{
    inside = ck_env_local("SLURM_JOB_ID") != NULL;
}

static int note_step(const char *dir, const char *srun, const char *set)
{
    char path[CK_PATH], text[CK_PATH + 64];
    struct ck_err e;
    int n = snprintf(text, sizeof(text), "%s %s\n", srun, set);

    if (ck_jobdir_path(path, sizeof(path), dir, CK_STEP_FILE "%u",
                       ck_plugin.stepid) == 0 &&
        n > 0 && (size_t)n < sizeof(text) &&
        ck_jobdir_replace(path, text, (size_t)n, &e) == 0)
        return 0;
    snprintf(ck_plugin.problem, sizeof(ck_plugin.problem), "%.900s", e.text);
    return -1;
}

static int start(void)
{
    ck_plugin.step = inside ? CK_STEP_ALONE : CK_STEP_OWN;
    if (ck_plugin.config_error.text[0]) {
        snprintf(ck_plugin.problem, sizeof(ck_plugin.problem), "%.1000s",
                 ck_plugin.config_error.text);
        return -1;
    }
    if (ck_dir_find(environ) < 0 || ck_coordinator_start(environ) < 0)
        return -1;
    started = 1;
    if (ck_plugin.note[0])
        fprintf(stderr, "ckpt: %s\n", ck_plugin.note);
    return note_step(ck_plugin.dir, "0", ck_plugin.set_dir);
}

/* 0, or -1: nothing is launched. */
static int give_up(void)
{
    int restart = ck_plugin.restart[0] || ck_plugin.set_dir[0] ||
                  (ck_plugin.dir[0] && ck_sets_newest(ck_plugin.dir) > 0);

    fprintf(stderr, "ckpt: %s: %s\n",
            restart                    ? "cannot go on from the image set"
            : ck_plugin.config.required
                ? "checkpoints are required and impossible"
                : "running without checkpoints",
            ck_plugin.problem);
    ck_env_local_set("CKPT_OFF", "1"); /* the tasks need not tell it, too */
    return restart || ck_plugin.config.required ? -1 : 0;
}

int ck_alone_launch(spank_t sp)
{
    const char *dir = ck_env_local("CKPT_DIR");
    const char *srun = ck_env_local("CKPT_SRUN");
    const char *set = ck_env_local("CKPT_RESTART");
    const char *job = ck_env_local("SLURM_JOB_ID"); /* of all components */

    if (!job || ck_env_local("CKPT_OFF") ||
        spank_get_item(sp, S_JOB_STEPID, &ck_plugin.stepid) !=
            ESPANK_SUCCESS)
        return 0;
    ck_plugin.job = (uint32_t)strtoul(job, NULL, 10);
    ck_plugin.uid = getuid();
    ck_plugin.gid = getgid();
    if (ck_plugin.stepid == SLURM_INTERACTIVE_STEP) {
        /* its coordinator is on the node, which may be lost with the job */
        ck_plugin.step = CK_STEP_INTERACTIVE;
        return 0;
    }
    if (dir) {
        if (srun && note_step(dir, srun, set ? set : "") < 0)
            fprintf(stderr, "ckpt: %s\n", ck_plugin.problem);
        return 0;
    }
    return ck_dir_of_job(environ) == 0 || start() == 0 ? 0 : give_up();
}

/* How the step has ended, as a wait status: by a signal if one of its tasks
 * has, or if one has left no word; else the highest exit status. */
static int how_ended(const char *tree)
{
    const char *ntasks = ck_env_local("SLURM_STEP_NUM_TASKS");
    unsigned long left = ntasks ? strtoul(ntasks, NULL, 10) : 1;
    DIR *d = opendir(ck_plugin.dir);
    struct dirent *e;
    int worst = 0, status;

    while (d && (e = readdir(d))) {
        if (strncmp(e->d_name, "exit.", 5) != 0 ||
            strncmp(e->d_name + 5, tree, strlen(tree)) != 0 ||
            ck_jobdir_exit_read(ck_plugin.dir, e->d_name + 5, &status) < 0)
            continue;
        left -= left > 0;
        if (WIFSIGNALED(status) ||
            (!WIFSIGNALED(worst) && status > worst))
            worst = status;
    }
    if (d)
        closedir(d);
    return left ? SIGKILL : worst;
}

void ck_alone_end(void)
{
    char name[64];

    ck_dir_name(name, sizeof(name));
    if (started)
        ck_ended(environ, how_ended("srun-0."));
    else if (ck_plugin.step == CK_STEP_INTERACTIVE &&
             ck_dir_registered(environ, name))
        ck_ended(environ, how_ended("interactive"));
}
