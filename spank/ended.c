/*
 * ended.c - who has the coordinator is over (the batch script, the shell of
 * salloc, an srun on its own): `ckpt ended` says what becomes of the job.
 *
 * It is a program of its own, in a child that is the user's, so that it may
 * load Slurm's library, which slurmstepd has in another form. What it prints
 * is a line for the job's output, which slurmstepd still has open. Slurm is
 * told of the script's end when this has returned, so there is a limit; a
 * child that is ended with the job has nothing to say.
 */
#include "spank/plugin.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define LIMIT_MS 30000

extern char **environ;

struct over {
    char **env;
    int status;
};

static void how_to_go_on(char *buf, size_t cap)
{
    char name[64];

    ck_dir_name(name, sizeof(name));
    switch (ck_plugin.step) {
    case CK_STEP_BATCH:
        snprintf(buf, cap, "sbatch --checkpoint-restart=%s SCRIPT", name);
        break;
    case CK_STEP_INTERACTIVE:
        snprintf(buf, cap, "salloc --checkpoint-restart=%s", name);
        break;
    default:
        snprintf(buf, cap, "srun --checkpoint-restart=%s PROGRAM", name);
    }
}

static int execute(int fd, void *arg)
{
    const struct over *o = arg;
    const struct ck_config *c = &ck_plugin.config;
    char job[16], failures[16], status[16], on[CK_EVENTS_TEXT], again[112];
    char *argv[] = {
        ck_plugin.paths.ckpt, (char *)"ended",
        (char *)"--dir", ck_plugin.dir,
        (char *)"--job", job,
        (char *)"--on", (char *)ck_config_events_text(c->on, on),
        (char *)"--failures", failures,
        (char *)"--status", status,
        (char *)"--again", again,
        NULL,
    };

    snprintf(job, sizeof(job), "%u", ck_plugin.job);
    snprintf(failures, sizeof(failures), "%u", c->failures);
    snprintf(status, sizeof(status), "%d", o->status);
    how_to_go_on(again, sizeof(again));
    environ = ck_envp_plain(o->env);
    if (!environ || dup2(fd, 1) < 0)
        return 126;
    execv(ck_plugin.paths.ckpt, argv);
    return 127;
}

void ck_ended(char **env, int status)
{
    struct over o = {.env = env, .status = status};
    char line[900];
    pid_t pid;
    long n;
    int fd;

    pid = ck_child_start(execute, &o, 0, &fd);
    if (pid < 0)
        return;
    n = ck_child_read(fd, line, sizeof(line), LIMIT_MS);
    close(fd);
    if (n < 0)
        kill(pid, SIGKILL);
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        ;
    if (n > 0)
        dprintf(2, "ckpt: %s", line);
}
