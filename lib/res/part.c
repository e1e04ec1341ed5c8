/*
 * part.c - does a process of another tree of this computation have a socket?
 *
 * Trees are saved and restarted one by one. A connection between two of them
 * would have lost its peer afterwards, and neither program is to blame for
 * that, as it would be for a peer outside.
 */
#include "lib/res/kind.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ENV_MAX (1u << 20)

/* What CKPT_DIR says in the environment that pid was executed with. */
static int job_of(pid_t pid, char *dir, size_t cap)
{
    static char env[ENV_MAX];
    char path[64];
    int fd, found = 0;
    ssize_t n = 0, k;

    snprintf(path, sizeof(path), "/proc/%d/environ", pid);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return 0;
    while ((k = read(fd, env + n, sizeof(env) - 1 - (size_t)n)) > 0)
        n += k;
    close(fd);
    env[n] = '\0';
    for (char *p = env; p < env + n && !found; p += strlen(p) + 1) {
        found = !strncmp(p, "CKPT_DIR=", 9);
        if (found)
            snprintf(dir, cap, "%s", p + 9);
    }
    return found;
}

static int has_socket(pid_t pid, uint32_t inode)
{
    char path[64], target[64], want[32];
    struct dirent *e;
    int found = 0;
    DIR *d;

    snprintf(path, sizeof(path), "/proc/%d/fd", pid);
    snprintf(want, sizeof(want), "socket:[%u]", inode);
    d = opendir(path);
    while (d && !found && (e = readdir(d))) {
        ssize_t n = readlinkat(dirfd(d), e->d_name, target,
                               sizeof(target) - 1);

        target[n < 0 ? 0 : n] = '\0';
        found = !strcmp(target, want);
    }
    if (d)
        closedir(d);
    return found;
}

pid_t ck_res_other_part(const struct ck_res_ofd *o, uint32_t inode)
{
    static char ours[4096], theirs[4096];
    struct dirent *e;
    pid_t found = 0;
    DIR *d;

    if (!job_of(o->pid, ours, sizeof(ours)))
        return 0;
    d = opendir("/proc");
    while (d && !found && (e = readdir(d))) {
        pid_t pid = atoi(e->d_name);

        if (pid > 0 && job_of(pid, theirs, sizeof(theirs)) &&
            !strcmp(ours, theirs) && has_socket(pid, inode))
            found = pid;
    }
    if (d)
        closedir(d);
    return found;
}
