/*
 * alloc.c - sbatch and salloc.
 *
 * A requeued job's output file is truncated unless it was opened for
 * appending, and what the first run has written would be lost: so a job
 * that asks for checkpoints appends. Slurm reads SBATCH_OPEN_MODE after the
 * #SBATCH lines and before the command line: an option's callback is early
 * enough for options in the script, and for those of the command line the
 * arguments themselves are looked at before anything is parsed.
 *
 * A user who did not ask for appending expects a fresh file at the first
 * start; CKPT_OPEN_MODE=truncate makes the batch task see to it (stepd.c),
 * unless the script has a line about it or the site appends by default.
 *
 * Requeue is left to the coordinator, which sees what the job has in the
 * end: --no-requeue is respected.
 *
 * A job submitted from inside a checkpointed one must not inherit its
 * control: our variables are taken out of the environment first.
 */
#include "spank/plugin.h"

#include <string.h>

#include <slurm/slurm.h>

/* Only there in a process that is linked with Slurm's library; the plugin
 * itself is not. */
extern int slurm_load_ctl_conf(time_t update_time, slurm_conf_t **confp)
    __attribute__((weak));
extern void slurm_free_ctl_conf(slurm_conf_t *conf) __attribute__((weak));

static int site_appends(void)
{
    slurm_conf_t *conf = NULL;
    int yes;

    if (!slurm_load_ctl_conf || !slurm_free_ctl_conf ||
        slurm_load_ctl_conf(0, &conf) != SLURM_SUCCESS || !conf)
        return 1; /* unknown: nothing of the user's is thrown away */
    yes = conf->job_file_append != 0;
    slurm_free_ctl_conf(conf);
    return yes;
}

static int said_here; /* SBATCH_OPEN_MODE was set by us */

void ck_alloc_append(void)
{
    if (said_here || ck_env_local("SBATCH_OPEN_MODE"))
        return;
    said_here = 1;
    ck_env_local_set("SBATCH_OPEN_MODE", "append");
}

int ck_alloc_init(void)
{
    ck_env_local_release();
    if (ck_env_local_arg("--checkpoint-"))
        ck_alloc_append();
    return 0;
}

int ck_alloc_checked(void)
{
    if (ck_plugin.config_error.text[0]) {
        slurm_error("checkpoints are not set up rightly on this cluster: %s",
                    ck_plugin.config_error.text);
        return -1;
    }
    if (said_here) {
        ck_env_local_set("SBATCH_OPEN_MODE", NULL); /* not for the job */
        if (!ck_env_local_arg("--open-mode") && !site_appends())
            ck_env_local_set("CKPT_OPEN_MODE", "truncate");
    }
    return 0;
}
