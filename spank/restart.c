/*
 * restart.c - a task that goes on from its image.
 *
 * Runs in the task's process, as the user, in the place where the program
 * would be executed: standard input and output, the pmi socket and the exit
 * status stay Slurm's business. A restart that should happen and cannot must
 * not become a second start: the task ends with the reason.
 */
#include "spank/plugin.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/jobdir.h"
#include "lib/base/manifest.h"

static void end_task(const char *what, const char *why)
{
    dprintf(2, "ckpt: cannot go on from the image set: %s%s\n", what, why);
    _exit(1);
}

static int holds_tree(const struct ck_manifest *m, const char *tree)
{
    for (size_t i = 0; i < m->ntrees; i++)
        if (strcmp(m->tree[i].name, tree) == 0)
            return 1;
    return 0;
}

static void execute(spank_t sp, const char *tree)
{
    char *argv[] = {
        ck_plugin.paths.ckpt, (char *)"restart",
        (char *)"--in-place", (char *)"--tree",
        (char *)tree,         (char *)"--set-dir",
        ck_plugin.set_dir,    (char *)"--dir",
        ck_plugin.dir,        NULL,
    };
    char **env = NULL;
    sigset_t none;

    if (spank_get_item(sp, S_JOB_ENV, &env) != ESPANK_SUCCESS ||
        !(env = ck_envp_plain(env)))
        end_task("no environment", "");
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    execve(ck_plugin.paths.ckpt, argv, env);
    end_task(ck_plugin.paths.ckpt, strerror(errno));
}

/* As it ended: by exit status or by signal, without another core file. */
static void end_again(int status)
{
    struct rlimit none = {0, 0};
    sigset_t set;

    if (WIFSIGNALED(status)) {
        setrlimit(RLIMIT_CORE, &none);
        signal(WTERMSIG(status), SIG_DFL);
        sigemptyset(&set);
        sigprocmask(SIG_SETMASK, &set, NULL);
        raise(WTERMSIG(status));
    }
    _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 1);
}

/* Not in the set: it had ended before, or it had not begun. A task that was
 * ended after the commit, by the requeue, left a younger file. */
static void had_ended(const char *tree)
{
    char dir[CK_PATH], path[CK_PATH], *slash;
    struct stat set, end;
    int status;

    snprintf(dir, sizeof(dir), "%s", ck_plugin.set_dir);
    slash = strrchr(dir, '/');
    if (!slash)
        return;
    *slash = 0;
    if (ck_jobdir_exit_read(dir, tree, &status) < 0 ||
        ck_jobdir_path(path, sizeof(path), dir, "exit.%s", tree) < 0 ||
        stat(path, &end) != 0 ||
        ck_jobdir_path(path, sizeof(path), ck_plugin.set_dir,
                       CK_MANIFEST_NAME) < 0 ||
        stat(path, &set) != 0)
        return;
    if (end.st_mtim.tv_sec < set.st_mtim.tv_sec ||
        (end.st_mtim.tv_sec == set.st_mtim.tv_sec &&
         end.st_mtim.tv_nsec <= set.st_mtim.tv_nsec))
        end_again(status);
}

void ck_restart_task(spank_t sp, const char *tree)
{
    char path[CK_PATH];
    struct ck_manifest *m = NULL;
    struct ck_err e;
    int here;

    if (!ck_plugin.set_dir[0])
        return;
    if (ck_jobdir_path(path, sizeof(path), ck_plugin.set_dir,
                       CK_MANIFEST_NAME) < 0)
        end_task("path too long: ", ck_plugin.set_dir);
    if (ck_manifest_load(path, &m, &e) < 0)
        end_task(e.text, "");
    here = holds_tree(m, tree);
    ck_manifest_destroy(m);
    if (here) {
        ck_jobdir_exit_forget(ck_plugin.dir, tree);
        execute(sp, tree);
    }
    had_ended(tree);
}
