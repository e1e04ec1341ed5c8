/*
 * probe.c - does the runtime work on this node?
 *
 * The dynamic linker complains about a library that it cannot preload in
 * every program of the job, and a broken ckpt is found only when it is
 * needed. So both are tried once before the job's first task on the node:
 * `ckpt works` with the runtime preloaded, as the user, must be silent on
 * stderr and succeed: then they, and the plugin, are of one release, too.
 * CKPT_DIR is not set: the runtime does nothing.
 */
#include "spank/plugin.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/proto/release.h"

#define PROBE_LIMIT_MS 10000

static int execute(int fd, void *arg)
{
    static char preload[CK_PATH + 16];
    char *argv[] = {ck_plugin.paths.ckpt, (char *)"works",
                    (char *)CK_RELEASE, NULL};
    char *env[] = {preload, (char *)"PATH=/usr/bin:/bin", NULL};

    (void)arg;
    snprintf(preload, sizeof(preload), CK_PRELOAD "=%s",
             ck_plugin.paths.runtime);
    dup2(fd, 2);
    execve(ck_plugin.paths.ckpt, argv, env);
    dprintf(2, "cannot be executed: %s", strerror(errno));
    return 127;
}

/* "ERROR: ld.so: object '...' from LD_PRELOAD cannot be preloaded (why):
 * ignored." -> "cannot be loaded: why" */
static const char *plain(char *said)
{
    static char text[300];
    char *why = strstr(said, " cannot be preloaded ("), *end;

    said[strcspn(said, "\n")] = 0;
    if (!why || !(end = strstr(why, "): ignored")))
        return said;
    *end = 0;
    snprintf(text, sizeof(text), "cannot be loaded: %s", strchr(why, '(') + 1);
    return text;
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
    if (n > 0)
        return fail(ck_plugin.paths.runtime, plain(said));
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        return fail(ck_plugin.paths.runtime, "a program that it is preloaded "
                                             "into does not run");
    return 0;
}
