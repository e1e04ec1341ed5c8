/*
 * probe.c - does the runtime work on this node?
 *
 * The dynamic linker complains about a library that it cannot preload in
 * every program of the job, and a broken ckpt is found only when it is
 * needed. So both are tried once before the job's first task on the node:
 * `ckpt --version` with the runtime preloaded, as the user, must be silent
 * on stderr and succeed. CKPT_DIR is not set: the runtime does nothing.
 */
#include "spank/plugin.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define PROBE_LIMIT_MS 10000

static int execute(int fd, void *arg)
{
    static char preload[CK_PATH + 16];
    char *argv[] = {ck_plugin.paths.ckpt, (char *)"--version", NULL};
    char *env[] = {preload, (char *)"PATH=/usr/bin:/bin", NULL};

    (void)arg;
    snprintf(preload, sizeof(preload), CK_PRELOAD "=%s",
             ck_plugin.paths.runtime);
    dup2(fd, 2);
    execve(ck_plugin.paths.ckpt, argv, env);
    dprintf(2, "cannot be executed: %s", strerror(errno));
    return 127;
}

static int fail(const char *what, const char *why)
{
    snprintf(ck_plugin.problem, sizeof(ck_plugin.problem), "%.500s: %.500s",
             what, why);
    return -1;
}

int ck_probe_runtime(void)
{
    struct ck_err e;
    char said[600];
    int fd, status = 0;
    pid_t pid;
    long n;

    if (access(ck_plugin.paths.ckpt, X_OK) != 0)
        return fail(ck_plugin.paths.ckpt, strerror(errno));
    if (ck_paths_check(&ck_plugin.paths, &e) < 0)
        return fail("checkpoint runtime", e.text);
    pid = ck_child_start(execute, NULL, 0, &fd);
    if (pid < 0)
        return fail("cannot start a process", strerror((int)-pid));
    n = ck_child_read(fd, said, sizeof(said), PROBE_LIMIT_MS);
    close(fd);
    if (n < 0)
        kill(pid, SIGKILL);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    if (n < 0)
        return fail(ck_plugin.paths.ckpt, "did not answer within 10 s");
    said[strcspn(said, "\n")] = 0;
    if (n > 0)
        return fail(ck_plugin.paths.runtime, said);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        return fail(ck_plugin.paths.runtime, "a program that it is preloaded "
                                             "into does not run");
    return 0;
}
