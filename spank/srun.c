/*
 * srun.c - srun itself. Inside a job the options come from the job's
 * environment; everything is done on the compute nodes. Only what is wrong
 * with the site's settings is told here, where somebody reads it.
 */
#include "spank/plugin.h"

int ck_srun_checked(void)
{
    if (!ck_plugin.config_error.text[0])
        return 0;
    slurm_error("checkpoints are not set up rightly on this cluster: %s",
                ck_plugin.config_error.text);
    return -1;
}
