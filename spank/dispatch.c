/*
 * dispatch.c - Slurm's entry points. Each only looks at the context and
 * calls its file; what the hooks may do in which process, and as whom, is
 * said in plugin.h.
 *
 * Slurm loads the plugin into slurmd too, where nothing is to be done, and
 * into every job, asked for or not: the options are registered everywhere,
 * and everything else begins with ck_plugin.asked.
 */
#include "spank/plugin.h"

#include <slurm/slurm.h>

#define CK_HOOK __attribute__((visibility("default")))

extern CK_HOOK const char plugin_name[];
extern CK_HOOK const char plugin_type[];
extern CK_HOOK const unsigned int plugin_version;
extern CK_HOOK const unsigned int spank_plugin_version;

const char plugin_name[] = "ckpt";
const char plugin_type[] = "spank";
const unsigned int plugin_version = SLURM_VERSION_NUMBER;
const unsigned int spank_plugin_version = 1;

struct ck_plugin ck_plugin;

CK_HOOK int slurm_spank_init(spank_t sp, int ac, char **av)
{
    switch (spank_context()) {
    case S_CTX_ALLOCATOR:
        return ck_options_init(sp, ac, av) < 0 ? -1 : ck_alloc_init();
    case S_CTX_LOCAL:
        ck_alone_begin();
        return ck_options_init(sp, ac, av);
    case S_CTX_REMOTE:
        return ck_options_init(sp, ac, av);
    default:
        return 0;
    }
}

CK_HOOK int slurm_spank_init_post_opt(spank_t sp, int ac, char **av)
{
    (void)sp, (void)ac, (void)av;
    if (!ck_plugin.asked)
        return 0;
    switch (spank_context()) {
    case S_CTX_ALLOCATOR:
        return ck_alloc_checked();
    case S_CTX_LOCAL:
        return ck_srun_checked();
    default:
        return 0;
    }
}

CK_HOOK int slurm_spank_local_user_init(spank_t sp, int ac, char **av)
{
    (void)ac, (void)av;
    return ck_plugin.asked ? ck_alone_launch(sp) : 0;
}

CK_HOOK int slurm_spank_user_init(spank_t sp, int ac, char **av)
{
    (void)ac, (void)av;
    return ck_stepd_user_init(sp);
}

CK_HOOK int slurm_spank_task_init(spank_t sp, int ac, char **av)
{
    (void)ac, (void)av;
    return ck_plugin.asked ? ck_stepd_task_init(sp) : 0;
}

CK_HOOK int slurm_spank_task_exit(spank_t sp, int ac, char **av)
{
    (void)ac, (void)av;
    return ck_plugin.asked ? ck_stepd_task_exit(sp) : 0;
}

CK_HOOK int slurm_spank_exit(spank_t sp, int ac, char **av)
{
    (void)sp, (void)ac, (void)av;
    if (spank_context() == S_CTX_LOCAL)
        ck_alone_end();
    ck_quiet_end();
    return 0;
}
