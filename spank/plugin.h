/*
 * plugin.h - what the plugin's files know of each other.
 *
 * dispatch.c has Slurm's entry points and only switches on the context;
 * alloc.c (sbatch, salloc), srun.c and stepd.c are the contexts. All that is
 * remembered between two hooks of one process stands in the one struct
 * `ck_plugin`. Rules:
 *   - a job that did not ask is left alone before anything else is looked at;
 *   - a hook never fails because of us: what goes wrong is put into
 *     `problem` and told by the task (or ends it, with --checkpoint-required),
 *     since a failing hook can drain a node;
 *   - files are touched as the user, never as root.
 */
#ifndef CKPT_SPANK_PLUGIN_H
#define CKPT_SPANK_PLUGIN_H

#include <stdint.h>
#include <sys/types.h>

#include <slurm/spank.h>

#include "lib/base/config.h"
#include "lib/base/err.h"
#include "lib/base/paths.h"

/* D/step.<number>: "<which srun> <set to go on from>\n" (alone.c). */
#define CK_STEP_FILE "step."

#define CK_CALL __attribute__((visibility("hidden")))

/* What a step is to us. */
enum ck_step {
    CK_STEP_NONE,        /* not ours: extern step, or nobody asked */
    CK_STEP_BATCH,       /* the batch script: owns the coordinator */
    CK_STEP_INTERACTIVE, /* salloc's shell: owns the coordinator */
    CK_STEP_INNER,       /* srun's: it has one, or its job has */
    CK_STEP_OWN,         /* in srun, which starts one for its own allocation */
    CK_STEP_ALONE,       /* ... for this step of another's */
};

struct ck_plugin {
    /* options.c: site defaults, then what the user said */
    struct ck_config config;
    struct ck_err config_error; /* of plugstack.conf; "" none */
    struct ck_paths paths;
    char restart[CK_PATH]; /* --checkpoint-restart, "" not given */
    int asked;             /* any --checkpoint option was given */

    /* stepd.c */
    enum ck_step step;
    uint32_t job;       /* of the whole, where there are components */
    uint32_t component; /* what Slurm calls this component of it */
    uint32_t stepid, node; /* node: number within the component's step */
    uid_t uid;
    gid_t gid;
    char nodename[256]; /* as Slurm calls this node */
    char dir[CK_PATH];     /* D, "" while unknown */
    char set_dir[CK_PATH]; /* restart from this set; "" start anew */
    char problem[1024];    /* why there are no checkpoints; "" there are */
    char note[1024];       /* to be told once; "" nothing */
};
extern CK_CALL struct ck_plugin ck_plugin;

/* options.c */
CK_CALL int ck_options_init(spank_t sp, int ac, char **av);
/* With --export=NONE Slurm (before 23.11) does not hand the options on, but
 * they stand in the job's environment. */
CK_CALL void ck_options_recover(char **env);

/* contexts; each returns what the hook returns */
CK_CALL int ck_alloc_init(void);
CK_CALL void ck_alloc_append(void); /* this job wants checkpoints */
CK_CALL int ck_alloc_checked(void);
CK_CALL int ck_srun_checked(void);
CK_CALL void ck_alone_begin(void);
CK_CALL int ck_alone_launch(spank_t sp); /* srun: before a step is launched */
CK_CALL void ck_alone_end(void);
CK_CALL int ck_stepd_user_init(spank_t sp);
CK_CALL int ck_stepd_task_init(spank_t sp);
CK_CALL int ck_stepd_task_exit(spank_t sp);

/*
 * child.c: runs run(fd, arg) in a child that is wholly the user's (ids,
 * default signals, own session, /dev/null on 0-2, nothing else open but fd,
 * the writing end of a pipe) and that ends with what run returns. With
 * `tracked` the child is put into the step's cgroups first, so that Slurm
 * ends it with the step. *out: the reading end. The pid, or -errno.
 */
CK_CALL pid_t ck_child_start(int (*run)(int fd, void *arg), void *arg,
                             int tracked, int *out);
/* Reads what the child writes until it closes the pipe (by exec or exit).
 * Gives up when nothing at all came for limit_ms. Length, or -ETIMEDOUT. */
CK_CALL long ck_child_read(int fd, char *buf, size_t cap, int limit_ms);
/* In user_init, where slurmstepd has the user's supplementary groups: for
 * children that are started later. */
CK_CALL void ck_child_learn_groups(void);

/* probe.c: does the runtime work on this node? Fills ck_plugin.problem if
 * not. Called as the user. */
CK_CALL int ck_probe_runtime(void);
/* coordinator.c: makes the job directory, chooses the image set and starts
 * the coordinator; waits, with limits, until it can be reached. env: the
 * job's environment. Fills set_dir, or problem. Called as the user. */
CK_CALL int ck_coordinator_start(char **env);

/* ended.c: the step that owns the coordinator is over; the plugin's part of
 * what coordinator/ended.c does. env: the job's environment. */
CK_CALL void ck_ended(char **env, int status);

/* import.c, in the child: makes a set of another job's directory one of
 * ours. 0 or -errno with the reason. */
CK_CALL int ck_import_set(const char *old, const char *dir, uint32_t number,
                          struct ck_err *e);

/* cgroup.c: in the child, as root: into the step's cgroups, if there are. */
CK_CALL void ck_cgroup_join(void);
/* jobdir.c: D of this step into ck_plugin.dir; as the user. 0, or -1 with
 * the reason in problem. */
CK_CALL int ck_dir_find(char **env);
/* The same of a step's coordinator that can be reached, whatever is in env. */
CK_CALL int ck_dir_of_job(char **env);
/* What is registered under this name, whether somebody answers or not. 1. */
CK_CALL int ck_dir_registered(char **env, const char *name);
/* Name of this step's computation for `ckpt status NAME`. */
CK_CALL void ck_dir_name(char *buf, size_t cap);

/* quiet.c: slurmstepd's own words, from user_init to exit. */
CK_CALL void ck_quiet_start(void);
CK_CALL void ck_quiet_end(void);

/* restart.c, in the task: if there is an image of it in set_dir, the restart
 * takes the place of the program, or, if it cannot, ends the task; if it had
 * ended by then, the task ends as it did. Else returns: start it anew. */
CK_CALL void ck_restart_task(spank_t sp, const char *tree);

/* outputs.c, in the task: notes the files that slurmstepd itself writes. */
CK_CALL void ck_outputs_note(const char *tree);
/* env.c: the environment of the job, and the one of sbatch. */
#define CK_PRELOAD "LD_PRELOAD"
/* Value in env, or NULL. */
CK_CALL const char *ck_envp_get(char **env, const char *name);
/* Value of a --option that sbatch left in the job's environment, or NULL. */
CK_CALL const char *ck_envp_option(char **env, const char *option);
/* A copy of env without what would bring a program under control; the
 * strings are shared with env. NULL: no memory. */
CK_CALL char **ck_envp_plain(char **env);
/* For this task: preload, CKPT_DIR, CKPT_ROOT_TREE. 0 or -1. */
CK_CALL int ck_env_control(spank_t sp, const char *tree);
/* For this task: nothing of that, whatever it has from the job's. */
CK_CALL void ck_env_release(spank_t sp);
CK_CALL const char *ck_env_local(const char *name); /* NULL, too, if empty */
CK_CALL void ck_env_local_set(const char *name, const char *value);
/* Takes out what a surrounding checkpointed job has put in. */
CK_CALL void ck_env_local_release(void);
/* Was this process started with an argument that begins so? */
CK_CALL int ck_env_local_arg(const char *prefix);
/* D/env: SLURM_* of this allocation. */
CK_CALL int ck_env_write(const char *dir, char **env, struct ck_err *e);

#endif
